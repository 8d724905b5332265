/** Lists of images as found in laboratories, imported into a real project. */
import { mkdirSync, mkdtempSync, renameSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { tagCounts } from '../../../main/catalogue/image-tags.ts';
import { lookAtManifest } from '../../../main/catalogue/manifest.ts';
import { createProject, type Project } from '../../../main/catalogue/project.ts';
import { openBytes } from '../../../main/images/open-bytes.ts';
import { importSource, type Source } from '../../../main/pipeline/import-source.ts';
import { locateImage } from '../../../main/pipeline/locate-image.ts';
import { reconnectSource } from '../../../main/pipeline/reconnect-source.ts';
import { writeJpeg } from '../image-files.ts';
import { jpegBytes, tarOf } from '../tar-file.ts';

let root: string;
let project: Project;
beforeEach(async () => {
  root = mkdtempSync(join(tmpdir(), 'understudy-manifest-'));
  project = await createProject(join(root, 'project'));
});
afterEach(async () => {
  await project.close();
  rmSync(root, { recursive: true, force: true });
});

function write(name: string, content: string | Uint8Array): void {
  mkdirSync(join(root, name, '..'), { recursive: true });
  writeFileSync(join(root, name), content);
}

async function writeImages(...names: readonly string[]): Promise<void> {
  for (const [seed, name] of names.entries()) await writeJpeg(join(root, name), { seed: seed + 1 });
}

const labelled = { kind: 'labelled', split: 'train' } as const;
const unlabelled = { kind: 'unlabelled', split: null } as const;

async function add(name: string, source: Omit<Source, 'folder'> = labelled) {
  return await importSource(project, { ...source, folder: join(root, name) });
}

async function counts() {
  const { classes } = await project.catalogue.summary();
  const all = classes.map(({ name, train, heldOut }) => [name, heldOut > 0 ? [train, heldOut] : train] as const);
  return { ...Object.fromEntries(all), unlabelled: await project.catalogue.countUnlabelled() };
}

it('gives images their classes, splits and tags by columns of the usual names, and by others when they are said', async () => {
  await writeImages('data/a.jpg', 'data/b.jpg', 'data/deep/c.jpg', 'elsewhere/d.jpg', 'data/e.jpg');
  write(
    'data/list.csv',
    `File Name,Label,Split,hashtags
./a.jpg,cat,train,#pet #garden
b.jpg,dog,validation,"pet, run"
deep/c.jpg,cat,odd,
../elsewhere/d.jpg,,train,
e.jpg,dog,unlabelled,
a.jpg,dog,train,
gone.jpg,dog,train,
,dog,train,
`,
  );
  const added = await add('data/list.csv');
  expect(added).toMatchObject({ images: 5, missing: 0 });
  expect(added.problems).toEqual([{ relativePath: 'data/gone.jpg', reason: 'the list names it, and it is not there' }]);
  expect(added.notes).toEqual([
    '1 row of the list do not name an image by a usable path.',
    '1 row of the list repeat an image: its first row counts; if images can have several classes, create the project for that (understudy new DIR --several-labels).',
    '1 row of the list have a split other than train, val and test (“odd”): these images get the split that the list was added with.',
    '2 images have no class and are unlabelled ones.',
  ]);
  expect(await counts()).toEqual({ cat: 2, dog: [0, 1], unlabelled: 2 });
  expect(await tagCounts(project.database, 1)).toEqual([{ tag: 'pet', images: 2 }]);
  const look = await lookAtManifest(project.database, join(root, 'data/list.csv'));
  expect(look.guessed).toEqual({
    ...{ path: 'File Name', tar: null, key: null, label: 'Label', split: 'Split', tags: 'hashtags', caption: null },
  });
  expect(look.rows[1]).toEqual(['b.jpg', 'dog', 'validation', 'pet, run']);
  write('data/other.csv', 'where,species\na.jpg,fox\n');
  await expect(add('data/other.csv')).rejects.toThrow(
    /other\.csv has no recognised column that names images \(where, species\): name it with --columns path=…/,
  );
  await expect(add('data/other.csv', { ...labelled, columns: { path: 'were' } })).rejects.toThrow(
    /has no column “were” for the path: it has where, species/,
  );
  await expect(add('data/other.csv', { ...labelled, columns: { path: 'where' } })).rejects.toThrow(
    /has no recognised column of labels.*--columns label=…, or add it as unlabelled/,
  );
  const other = await add('data/other.csv', { ...labelled, columns: { path: 'where', label: 'species' } });
  expect(other.classes).toEqual(new Map([['fox', 1]]));
});

it('is read again with the same columns: new, missing and changed rows are found', async () => {
  await writeImages('i/1.jpg', 'i/2.jpg', 'i/3.jpg', 'i/4.jpg');
  const list = (rows: string) => write('list.csv', `where,what,tags\n${rows}`);
  list('i/1.jpg,cat,x\ni/2.jpg,dog,x\ni/3.jpg,dog,y\n');
  const columns = { path: 'where', label: 'what' };
  const first = await add('list.csv', { ...labelled, columns });
  expect(first).toMatchObject({ images: 3, notes: [] });
  const ids = await project.database.integers('SELECT id FROM images ORDER BY relative_path');
  expect(await add('list.csv')).toEqual(first);
  // One is missing from the list, one from the disk; one has another class, one another file.
  rmSync(join(root, 'i/2.jpg'));
  await writeJpeg(join(root, 'i/1.jpg'), { seed: 9, widthPx: 60 });
  list('i/1.jpg,dog,x\ni/2.jpg,dog,z\ni/4.jpg,,\n');
  expect(await add('list.csv')).toMatchObject({ images: 2, missing: 2, problems: [{ relativePath: 'i/2.jpg' }] });
  expect(await counts()).toEqual({ cat: 0, dog: 1, unlabelled: 1 });
  expect(await tagCounts(project.database, 9)).toEqual([{ tag: 'x', images: 1 }]);
  expect(await project.database.number('SELECT width_px FROM images WHERE id = ?', [ids[0] ?? -1])).toBe(60);
  list('i/1.jpg,cat,\ni/3.jpg,dog,\ni/4.jpg,cat,\n');
  expect(await add('list.csv')).toMatchObject({ images: 3, missing: 1 });
  expect(await counts()).toEqual({ cat: 2, dog: 1, unlabelled: 0 });
  expect(await project.database.integers('SELECT id FROM images WHERE NOT missing ORDER BY relative_path')).toEqual(
    Int32Array.of(ids[0] ?? -1, ids[2] ?? -1, 3),
  );
  await expect(add('list.csv', unlabelled)).rejects.toThrow(
    /was added before as labelled \(train\): one list has one use/,
  );
  // Images and list have moved together.
  mkdirSync(join(root, 'there'));
  for (const name of ['i', 'list.csv']) renameSync(join(root, name), join(root, 'there', name));
  const moved = await reconnectSource(project, first.sourceId, join(root, 'there'));
  expect(moved).toMatchObject({ images: 3, missing: 1 });
});

it('of known images opens no file, and each picture counts once', async () => {
  await writeImages('pool/1.jpg', 'pool/2.jpg', 'pool/3.jpg');
  await add('pool', unlabelled);
  // None of them could be read now.
  renameSync(join(root, 'pool'), join(root, 'away'));
  await project.database.run(
    `COPY (SELECT * FROM (VALUES ('pool/1.jpg', 4, ['a', 'b']), ('pool/3.jpg', 5, [])) t(path, class, tags))
     TO '${join(root, 'list.parquet')}' (FORMAT parquet)`,
  );
  expect(await add('list.parquet')).toMatchObject({
    images: 2,
    problems: [],
    classes: new Map([
      ['4', 1],
      ['5', 1],
    ]),
  });
  expect(await counts()).toEqual({ 4: 1, 5: 1, unlabelled: 1 });
  expect(await add('list.parquet')).toMatchObject({ images: 2, missing: 0 });
  renameSync(join(root, 'away'), join(root, 'pool'));
  const [id] = (await project.catalogue.labelledImages('train')).imageIds;
  for await (const image of project.catalogue.eachImage({ ids: Int32Array.of(id ?? -1) })) {
    expect((await openBytes(locateImage(image))).length).toBe(image.bytes);
  }
});

it('by archive and key takes of archives what it names, known or not', async () => {
  const [one, two, three] = await Promise.all([jpegBytes(1), jpegBytes(2), jpegBytes(3)]);
  write('s/1.tar', tarOf({ 'a.jpg': one, 'b.png.jpg': two, 'c.jpg': three }));
  write('s/2.tar', tarOf({ 'a.jpg': three, 'a.json': { class: 'not asked' } }));
  utimesSync(join(root, 's/1.tar'), 1_700_000_000, 1_700_000_000);
  write('list.csv', 'shard,key,label\ns/1.tar,a,cat\ns/1.tar,b,dog\ns/2.tar,a,cat\ns/2.tar,x,cat\n');
  const first = await add('list.csv');
  expect(first).toMatchObject({
    images: 3,
    classes: new Map([
      ['cat', 2],
      ['dog', 1],
    ]),
  });
  expect(first.problems).toEqual([{ relativePath: 's/2.tar/x', reason: 'the list names it, and it is not there' }]);
  const paths = await project.database.rows('SELECT relative_path FROM images ORDER BY relative_path');
  expect(paths.map(({ relative_path }) => relative_path)).toEqual([
    's/1.tar/a.jpg',
    's/1.tar/b.png.jpg',
    's/2.tar/a.jpg',
  ]);
  // The first shard is not read again while it is unchanged.
  write('s/1.tar', Buffer.alloc(tarOf({ 'a.jpg': one, 'b.png.jpg': two, 'c.jpg': three }).length));
  utimesSync(join(root, 's/1.tar'), 1_700_000_000, 1_700_000_000);
  write('list.csv', 'shard,key,label\ns/1.tar,a,dog\ns/2.tar,a,cat\n');
  expect(await add('list.csv')).toMatchObject({ images: 2, missing: 1, problems: [] });
  expect(await counts()).toEqual({ cat: 1, dog: 1, unlabelled: 0 });
  // The same shards as a source of their own: the list takes over what is known of it.
  write('s/1.tar', tarOf({ 'a.jpg': one, 'b.png.jpg': two, 'c.jpg': three }));
  await add('s', unlabelled);
  write('second.csv', 'tar,key,label\ns/1.tar,c,cat\n');
  expect(await add('second.csv')).toMatchObject({ images: 1, problems: [] });
  const file = await project.database.number("SELECT id FROM images WHERE relative_path = '1.tar/c.jpg'");
  for await (const image of project.catalogue.eachImage({ ids: Int32Array.of(file) })) {
    expect((await openBytes(locateImage(image))).equals(three)).toBe(true);
  }
});

it('that names nothing usable is refused in one sentence, and a folder called like a list is a folder', async () => {
  write('url.csv', 'path,label\nhttps://example.org/a.jpg,cat\n');
  await expect(add('url.csv')).rejects.toThrow(
    /^The one image that .* names cannot be used \(https:\/\/example\.org\/a\.jpg: is an address, and nothing is downloaded/,
  );
  write('gone.csv', 'path,label\na.jpg,cat\nb.jpg,cat\n');
  await expect(add('gone.csv')).rejects.toThrow(
    /^None of the 2 images that .* names can be used \(a\.jpg: the list names it/,
  );
  await writeImages('story.jpg');
  write('story.csv', `path,label\nstory.jpg,${'once upon a time '.repeat(100)}\n`);
  await expect(add('story.csv')).rejects.toThrow(
    /^“once upon a time .*…” has 1,699 characters, .* the column that gives/,
  );
  await writeImages('folder.csv/cat/a.jpg', 'folder.csv/dog/b.jpg');
  expect(await add('folder.csv')).toMatchObject({
    images: 2,
    classes: new Map([
      ['cat', 1],
      ['dog', 1],
    ]),
  });
});
