import { mkdirSync, readFileSync, renameSync, rmSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { expect, it } from 'vitest';
import { settingsFolder } from '../../../main/settings-folder.ts';
import { createContext } from '../../../main/workbench/context.ts';
import { NotFound } from '../../../main/workbench/failures.ts';
import { closeContext, newContext } from './workbench-context.ts';

it('gives a folder the same id at every start and through every path', async () => {
  const { context, root, projectId, folder } = await newContext();
  await closeContext(context);
  symlinkSync(folder, join(root, 'link'), 'junction');
  const again = createContext(join(root, 'settings'));
  const file = join(folder, `${basename(folder)}.understudy`);
  for (const way of [join(root, 'link'), file, join(folder, 'understudy.json')]) {
    expect(await again.projects.open(way)).toEqual({
      id: projectId,
      name: 'Birds',
      folder,
      readOnly: null,
      labels: 'one',
      clipFrames: null,
    });
  }
  expect((await again.projects.recents.list()).map((recent) => recent.folder)).toEqual([folder]);
  await closeContext(again);
});

it('opens a project once, however many ask for it at the same time', async () => {
  const { context, folder, projectId } = await newContext();
  await context.projects.close(projectId);
  const projects = await Promise.all([
    context.projects.opened(projectId),
    context.projects.open(folder).then(({ id }) => context.projects.opened(id)),
    context.projects.opened(projectId),
  ]);
  expect(new Set(projects).size).toBe(1);
  await closeContext(context);
});

it('opens a project of an earlier start by its id, and refuses one that was never opened here', async () => {
  const { context, root, projectId, folder } = await newContext();
  await closeContext(context);
  const again = createContext(join(root, 'settings'));
  expect((await again.projects.find(projectId)).folder).toBe(folder);
  await expect(again.projects.find('0123456789ab')).rejects.toThrow(NotFound);
  await closeContext(again);
});

it('closes and reopens a project in immediate succession', async () => {
  const { context, projectId } = await newContext();
  const closing = context.projects.close(projectId);
  const [project] = await Promise.all([context.projects.opened(projectId), closing]);
  expect(await project.database.rows('SELECT 1 AS one')).toEqual([{ one: 1 }]);
  await closeContext(context);
});

it('lists recently opened projects, the newest first, marks missing ones, and forgets one', async () => {
  const { context, root, folder } = await newContext();
  const other = await context.projects.create(join(root, 'other'), 'Other');
  await context.projects.open(folder);
  const { recents } = context.projects;
  expect((await recents.list()).map(({ name, present }) => [name, present])).toEqual([
    ['Birds', true],
    ['Other', true],
  ]);
  await context.projects.close(other.id);
  renameSync(other.folder, join(root, 'moved'));
  expect((await recents.list()).map(({ name, present }) => [name, present])).toEqual([
    ['Birds', true],
    ['Other', false],
  ]);
  await recents.forget(other.folder);
  expect((await recents.list()).map(({ name }) => name)).toEqual(['Birds']);
  await closeContext(context);
});

it('starts with an empty list if the list is damaged, and keeps the damaged one aside', async () => {
  const { context, root, folder } = await newContext();
  const list = join(root, 'settings', 'recent-projects.json');
  writeFileSync(list, '[{"name":');
  expect(await context.projects.recents.list()).toEqual([]);
  expect(readFileSync(`${list}.damaged`, 'utf8')).toBe('[{"name":');
  await context.projects.open(folder);
  expect(await context.projects.recents.list()).toHaveLength(1);
  await closeContext(context);
});

it('accepts a list of an earlier version, but not one with a changed letter', async () => {
  const { context, root, folder } = await newContext();
  const list = join(root, 'settings', 'recent-projects.json');
  const { entries } = JSON.parse(readFileSync(list, 'utf8'));
  writeFileSync(list, JSON.stringify(entries));
  expect(await context.projects.recents.list()).toMatchObject([{ name: 'Birds', folder }]);
  await context.projects.open(folder);
  writeFileSync(list, readFileSync(list, 'utf8').replace('"Birds"', '"Bards"'));
  expect(await context.projects.recents.list()).toEqual([]);
  expect(readFileSync(`${list}.damaged`, 'utf8')).toContain('Bards');
  await closeContext(context);
});

it('reports a list that cannot be read, and does not overwrite it', async () => {
  const { context, root, folder } = await newContext();
  const list = join(root, 'settings', 'recent-projects.json');
  rmSync(list);
  mkdirSync(list);
  await expect(context.projects.open(folder)).rejects.toThrow(
    /recent-projects\.json cannot be read \(it is a folder\)/,
  );
  expect(statSync(list).isDirectory()).toBe(true);
  await closeContext(context);
});

it('does not let a failed opening block the next one', async () => {
  const { context, root } = await newContext();
  const folder = join(root, 'late');
  mkdirSync(folder);
  await expect(context.projects.open(folder)).rejects.toThrow('There is no project in');
  await expect(context.projects.create(folder)).resolves.toMatchObject({ name: 'late' });
  await closeContext(context);
});

it('puts settings in each system’s place, or in UNDERSTUDY_HOME', () => {
  expect(settingsFolder({ UNDERSTUDY_HOME: '/a/b' }, 'win32')).toMatch(/[/\\]a[/\\]b$/);
  expect(settingsFolder({ XDG_CONFIG_HOME: '/c' }, 'linux')).toBe(join('/c', 'understudy'));
  expect(settingsFolder({}, 'linux')).toMatch(/\.config[/\\]understudy$/);
  expect(settingsFolder({}, 'darwin')).toMatch(/Application Support[/\\]Understudy$/);
  expect(settingsFolder({ APPDATA: '/r' }, 'win32')).toBe(join('/r', 'Understudy'));
});
