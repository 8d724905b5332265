import {
  chmodSync,
  copyFileSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import { expect, it } from 'vitest';
import { CURRENT_VERSION } from '../../../main/catalogue/migrate.ts';
import { createProject, openProject } from '../../../main/catalogue/project.ts';
import {
  FolderNotEmpty,
  NotAProject,
  ProjectExists,
  ProjectInUse,
  ProjectNewer,
  ProjectUnwritable,
} from '../../../main/catalogue/project-failures.ts';
import { sealed } from '../../../main/sealed-json.ts';
import { StoredDataDamaged } from '../../../main/stored-data.ts';
import { image, newProject, scan, temporaryFolder } from './project-builder.ts';

const opens = async (folder: string) => await (await openProject(folder)).close();

it('creates one visible folder and opens it again', async () => {
  const directory = join(temporaryFolder(), 'Vögel & so');
  const project = await createProject(directory, { name: 'Birds' });
  expect(readdirSync(directory)).toContain('open-in.json');
  await project.close();
  const files = [
    'Vögel & so.understudy',
    'cache',
    'catalogue-copy',
    'catalogue.duckdb',
    'runs',
    'scores',
    'understudy.json',
  ];
  expect(readdirSync(directory).sort()).toEqual(files);
  const again = await openProject(directory);
  expect([again.name, again.directory]).toEqual(['Birds', directory]);
  await again.close();
});

it('refuses a folder that is a project, holds something, or is a file', async () => {
  const project = await newProject();
  await project.close();
  await expect(createProject(project.directory)).rejects.toThrow(ProjectExists);
  const folder = temporaryFolder();
  writeFileSync(join(folder, 'letter.txt'), 'mine');
  await expect(createProject(folder)).rejects.toThrow(FolderNotEmpty);
  await expect(createProject(join(folder, 'letter.txt'))).rejects.toThrow(/is a file or lies under one/);
  await expect(createProject(join(folder, 'letter.txt', 'project'))).rejects.toThrow(FolderNotEmpty);
  expect(readFileSync(join(folder, 'letter.txt'), 'utf8')).toBe('mine');
});

it('creates a project where a kill interrupted its creation', async () => {
  const folder = temporaryFolder();
  writeFileSync(join(folder, 'understudy.json.00c0ffee.tmp'), '{"vers');
  await (await createProject(folder)).close();
  expect(readdirSync(folder).filter((name) => name.endsWith('.tmp'))).toEqual([]);
});

it('is opened by its file too, also where the folder was renamed, and needs none', async () => {
  const folder = join(temporaryFolder(), 'Birds');
  await (await createProject(folder)).close();
  const renamed = join(dirname(folder), 'Seabirds.understudy');
  renameSync(folder, renamed);
  for (const name of ['Birds.understudy', 'understudy.json', '']) {
    const project = await openProject(join(renamed, name));
    expect(project.directory, name).toBe(renamed);
    await project.close();
  }
  rmSync(join(renamed, 'Birds.understudy'));
  await opens(renamed);
  // A project file elsewhere stands for a folder that is not a project; any other file stands for none.
  for (const name of ['copied.understudy', 'letter.txt']) {
    writeFileSync(join(dirname(folder), name), '');
    await expect(openProject(join(dirname(folder), name))).rejects.toThrow(NotAProject);
  }
});

it('has a file to open it by even if its folder’s name leaves no room for the extension', async () => {
  const folder = join(temporaryFolder(), 'ä'.repeat(125));
  await (await createProject(folder)).close();
  expect(readdirSync(folder)).toContain('project.understudy');
});

it('says how to make a project where there is none', async () => {
  await expect(openProject(join(temporaryFolder(), 'nowhere'))).rejects.toThrow(NotAProject);
  await expect(openProject(temporaryFolder())).rejects.toThrow(/understudy new/);
});

it('leaves a newer project as it is, whether its description or its catalogue is newer', async () => {
  const project = await newProject();
  await project.database.run('INSERT INTO migrations VALUES (99)');
  await project.close();
  const path = project.path('understudy.json');
  await expect(openProject(project.directory)).rejects.toThrow(ProjectNewer);
  writeFileSync(path, sealed('understudy.json', { version: 98, name: 'Later', createdAt: '', more: 'than we know' }));
  await expect(openProject(project.directory)).rejects.toThrow(/format 98.*update Understudy/);
});

it('is open once in a process, also by another path to it', async () => {
  const project = await newProject();
  const link = join(temporaryFolder(), 'link');
  symlinkSync(project.directory, link, 'junction');
  await expect(openProject(project.directory)).rejects.toThrow(ProjectInUse);
  await expect(openProject(link)).rejects.toThrow(/open in this process already/);
  await project.close();
  const both = await Promise.allSettled([openProject(project.directory), openProject(link)]);
  expect(both.map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected']);
  for (const one of both) if (one.status === 'fulfilled') await one.value.close();
});

it('can be opened after an opening that failed', async () => {
  const project = await newProject();
  await project.close();
  const path = project.path('catalogue.duckdb');
  const whole = readFileSync(path);
  writeFileSync(path, 'this is no database');
  await expect(openProject(project.directory)).rejects.toThrow(StoredDataDamaged);
  writeFileSync(path, whole);
  await opens(project.directory);
});

it('does not begin an empty catalogue in place of a lost one', async () => {
  const project = await newProject();
  mkdirSync(project.path('runs', 'teacher-1'));
  await project.close();
  rmSync(project.path('catalogue.duckdb'));
  await expect(openProject(project.directory)).rejects.toThrow(/missing or empty/);
  expect(existsSync(project.path('catalogue.duckdb'))).toBe(false);
});

it('writes a damaged description again from the catalogue, and says so', async () => {
  const directory = join(temporaryFolder(), 'project');
  await (await createProject(directory, { name: 'Birds' })).close();
  const path = join(directory, 'understudy.json');
  const whole = readFileSync(path, 'utf8');
  const damages = [
    () => writeFileSync(path, whole.replace('Birds', 'Bards')),
    () => writeFileSync(path, whole.replace(/"version": \d+/, '"version": 98')),
    () => writeFileSync(path, whole.replace('"checksum"', '"chacksum"')),
    () => writeFileSync(path, '{"version":'),
    () => writeFileSync(path, ''),
    () => rmSync(path),
  ];
  for (const [number, damage] of damages.entries()) {
    damage();
    const project = await openProject(directory);
    expect(project.name).toBe('Birds');
    expect(project.notes.take().join()).toMatch(/description is damaged .* is written again from the catalogue/);
    await project.close();
    expect(readFileSync(path, 'utf8'), `damage ${number}`).toBe(whole);
  }
});

it('gives a project of a version without checksums an id, and knows its catalogue by it from then on', async () => {
  const project = await newProject();
  await project.database.run('DELETE FROM project');
  await project.close();
  const described = { version: 5, name: 'Old', createdAt: '2026-01-01T00:00:00.000Z' };
  writeFileSync(project.path('understudy.json'), JSON.stringify(described));
  const opened = await openProject(project.directory);
  expect(opened.name).toBe('Old');
  await opened.close();
  expect(JSON.parse(readFileSync(project.path('understudy.json'), 'utf8'))).toMatchObject({
    ...described,
    version: CURRENT_VERSION,
  });
  writeFileSync(project.path('understudy.json'), '');
  await opens(project.directory);
  expect(readFileSync(project.path('understudy.json'), 'utf8')).toContain('"Old"');
});

it('refuses the catalogue of another project in the place of its own', async () => {
  const [project, other] = [await newProject(), await newProject()];
  for (const one of [project, other]) await one.close();
  copyFileSync(other.path('catalogue.duckdb'), project.path('catalogue.duckdb'));
  await expect(openProject(project.directory)).rejects.toThrow(
    /^The catalogue is damaged \(.*: it belongs to another project\): /,
  );
});

it('removes what a kill left half-written, files and folders of spilled sorts', async () => {
  const project = await newProject();
  await project.close();
  mkdirSync(project.path('catalogue.duckdb.tmp'));
  writeFileSync(project.path('catalogue.duckdb.tmp', 'duckdb_temp_storage-0.tmp'), 'spilled');
  mkdirSync(project.path('scores', 'label-1'));
  writeFileSync(project.path('scores', 'label-1', 'part-00000.parquet.tmp'), 'half');
  await opens(project.directory);
  expect(existsSync(project.path('catalogue.duckdb.tmp'))).toBe(false);
  expect(readdirSync(project.path('scores', 'label-1'))).toEqual([]);
});

it('keeps what was recorded when it is closed and opened', async () => {
  const project = await newProject();
  const source = await project.catalogue.addSource({ kind: 'unlabelled', folder: temporaryFolder(), split: null });
  await scan(project, source, [image('a.jpg')]);
  await project.close();
  const again = await openProject(project.directory);
  expect([...(await again.catalogue.unlabelledImages())]).toEqual([0]);
  await again.close();
});

it.skipIf(process.platform !== 'linux')('says that a folder may not be written', async () => {
  await expect(createProject('/sys/understudy')).rejects.toThrow(ProjectUnwritable);
});

it.skipIf(process.platform === 'win32' || process.getuid?.() === 0)(
  'says that a project may not be written',
  async () => {
    const project = await newProject();
    await project.close();
    chmodSync(project.directory, 0o500);
    chmodSync(project.path('catalogue.duckdb'), 0o400);
    await expect(openProject(project.directory)).rejects.toThrow(ProjectUnwritable);
  },
);
