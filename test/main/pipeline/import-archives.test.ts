/**
 * Archives as found in laboratories, imported into a real project: read in place, recognised again, and never a wrong
 * pixel.
 */
import { execFileSync } from 'node:child_process';
import {
  createWriteStream,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  truncateSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import yazl from 'yazl';
import { readImageFile } from '../../../main/catalogue/image-paths.ts';
import { tagCounts, tagsOf } from '../../../main/catalogue/image-tags.ts';
import { createProject, type Project } from '../../../main/catalogue/project.ts';
import { decodeSquare, thumbnailJpeg } from '../../../main/images/decode.ts';
import { ImageUnreachable } from '../../../main/images/image-failures.ts';
import { fileAt } from '../../../main/images/image-locator.ts';
import { openBytes } from '../../../main/images/open-bytes.ts';
import { type TreeKind, writeTree } from '../../../main/pipeline/export-tree.ts';
import type { FolderSource } from '../../../main/pipeline/folder-pass.ts';
import { importFolder } from '../../../main/pipeline/import-folder.ts';
import { knownImage } from '../../../main/pipeline/known-image.ts';
import { locateImage } from '../../../main/pipeline/locate-image.ts';
import { reconnectSource } from '../../../main/pipeline/reconnect-source.ts';
import { tarEnd, tarEntry } from '../../../main/pipeline/tar-entry.ts';
import { foundImages } from '../found-images.ts';
import { jpegBytes, type TarFiles, tarOf } from '../tar-file.ts';

let root: string;
let project: Project;
beforeEach(async () => {
  root = mkdtempSync(join(tmpdir(), 'understudy-archives-'));
  project = await createProject(join(root, 'project'));
});
afterEach(async () => {
  await project.close();
  rmSync(root, { recursive: true, force: true });
});

let clock = Math.floor(Date.now() / 1000) - 10_000;
/** Every version of a shard gets a modification time of its own, however fast the test is. */
function write(name: string, content: Uint8Array): string {
  const path = join(root, name);
  mkdirSync(join(path, '..'), { recursive: true });
  writeFileSync(path, content);
  clock += 10;
  utimesSync(path, clock, clock);
  return path;
}

const writeTar = (name: string, files: TarFiles) => write(name, tarOf(files));

async function add(folder: string, source: Partial<FolderSource> = {}) {
  return await importFolder(project, { kind: 'unlabelled', split: null, ...source, folder: join(root, folder) });
}

async function idOf(relativePath: string): Promise<number> {
  return await project.database.number('SELECT min(id) FROM images WHERE relative_path = ?', [relativePath]);
}

async function bytesOf(relativePath: string): Promise<Buffer> {
  const file = await readImageFile(project, await idOf(relativePath));
  if (!file) throw new Error(`no image ${relativePath}`);
  return await openBytes(locateImage(file));
}

async function classes(): Promise<Record<string, number>> {
  const { classes: found } = await project.catalogue.summary();
  return Object.fromEntries(found.map(({ name, train }) => [name, train]));
}

const DAMAGES: readonly { damaged: (tar: Buffer) => Buffer; reason: RegExp }[] = [
  { damaged: (tar) => tar.subarray(0, 2 * 1024 + 700), reason: /^is cut short at byte 2748, within “b.jpg”$/ },
  { damaged: (tar) => tar.subarray(0, 2 * 1024 + 100), reason: /^is cut short at byte 2048$/ },
  { damaged: (tar) => tar.subarray(0, 2 * 1024), reason: /^has no end marker/ },
  { damaged: (tar) => flipped(tar, 2 * 1024 + 3), reason: /^has a damaged header at byte 2048/ },
  { damaged: (tar) => tar.fill(0, 2 * 1024, 2 * 1024 + 512), reason: /^has a hole at byte 2048/ },
];

it('of two entries of one name the later one counts, however far apart they are', async () => {
  const [before, after, other] = [await jpegBytes(1), await jpegBytes(2), await jpegBytes(3)];
  const between = Array.from({ length: 2100 }, (_, file) => tarEntry(`b/${file}.jpg`, other));
  write('x.tar', Buffer.concat([tarEntry('a.jpg', before), ...between, tarEntry('a.jpg', after), tarEnd()]));
  expect(await add('x.tar')).toMatchObject({ images: 2101, problems: [] });
  expect(await project.database.number('SELECT count(*) FROM images')).toBe(2101);
  expect((await bytesOf('a.jpg')).equals(after)).toBe(true);
});

describe('tar shards', () => {
  it('give images with labels, tags and captions, in any order of reading', async () => {
    const [one, two, three, four, five] = await Promise.all([
      ...[jpegBytes(1), jpegBytes(2)],
      ...[jpegBytes(3), jpegBytes(4), jpegBytes(5)],
    ] as const);
    writeTar('shards/00000.tar', {
      '000000000.jpg': one,
      '000000000.json': { key: '000000000', class: 'cat', hashtags: ['#pet', 'Garden', 'pet'], url: 'x' },
      '000000000.txt': 'a cat in a garden',
      './deep/000000001.jpg': two,
      './deep/000000001.cls': '7\n',
      './deep/000000001.npy': 'numbers',
    });
    writeTar('shards/00001.tar', {
      '000000002.png.json': { tags: 'nobody' },
      'a.jpg': three,
      'a.json': { label: 'dog', keywords: '#pet #run' },
      'b.jpg': four,
      'c.jpg': five,
      'c.json': '{"class": ',
    });
    write('shards/00001_stats.json', Buffer.from('{}'));
    const added = await add('shards', { kind: 'labelled', split: 'train' });
    expect(added.images).toBe(5);
    expect(Object.fromEntries(added.classes)).toEqual({ cat: 1, 7: 1, dog: 1 });
    expect(added.problems).toEqual([
      {
        relativePath: '00001.tar/c.json',
        reason: 'not a JSON object, so that nothing is known of what it says about its image',
      },
    ]);
    expect(added.notes).toEqual([
      'Left out: 1 file “00001_stats.json” (not an archive, beside archives).',
      'Left out: 1 file “000000001.npy” (not a picture: .npy).',
      'Left out: 1 file “000000002.json” (there is no picture of the same name beside it).',
      '2 images have no class and are unlabelled ones.',
    ]);
    expect(await classes()).toEqual({ 7: 1, cat: 1, dog: 1 });
    expect(await project.catalogue.unlabelledImages()).toHaveLength(2);
    // Read in reverse order: each only by its position.
    for (const [path, picture] of [
      ['00001.tar/c.jpg', five],
      ['00001.tar/b.jpg', four],
      ['00001.tar/a.jpg', three],
      ['00000.tar/deep/000000001.jpg', two],
      ['00000.tar/000000000.jpg', one],
    ] as const) {
      expect((await bytesOf(path)).equals(picture)).toBe(true);
    }
    const cat = await idOf('00000.tar/000000000.jpg');
    const dog = await idOf('00001.tar/a.jpg');
    expect(await tagsOf(project.database, [cat, dog])).toEqual(
      new Map([
        [cat, ['pet', 'Garden']],
        [dog, ['pet', 'run']],
      ]),
    );
    expect(await tagCounts(project.database, 2)).toEqual([
      { tag: 'pet', images: 2 },
      { tag: 'Garden', images: 1 },
    ]);
    const { known } = await knownImage(project, cat);
    expect(known).toMatchObject({ class: 'cat', archive: '00000.tar', caption: 'a cat in a garden', widthPx: 24 });
    expect(known.path).toBe(join(root, 'shards', '00000.tar', '000000000.jpg'));
  });

  it('are decoded to the pixels of the same file unpacked', async () => {
    const picture = await jpegBytes(9, 50);
    const unpacked = write('one.jpg', picture);
    writeTar('one.tar', { 'x.jpg': picture });
    await add('one.tar');
    const image = await readImageFile(project, await idOf('x.jpg'));
    if (!image) throw new Error('no image');
    const locator = locateImage(image);
    expect(await decodeSquare(locator, 32)).toEqual(await decodeSquare(fileAt(unpacked), 32));
    expect(await thumbnailJpeg(locator, 20)).toEqual(await thumbnailJpeg(fileAt(unpacked), 20));
  });

  it('hold images whose names begin alike, and entries that are larger than any image, which are named', async () => {
    const alike = Object.fromEntries(
      await Promise.all([1, 2, 3].map(async (number) => [`photo.000${number}.jpg`, await jpegBytes(number)])),
    );
    const path = writeTar('alike.tar', alike);
    expect((await add('alike.tar')).images).toBe(3);
    const huge = tarOf({ 'huge.jpg': '' }, { end: false });
    const bytes = 3 * 2 ** 30;
    huge.write(bytes.toString(8).padStart(11, '0'), 124, 'latin1');
    huge.fill(32, 148, 156);
    huge.write(
      `${huge
        .reduce((sum, byte) => sum + byte, 0)
        .toString(8)
        .padStart(6, '0')}\0 `,
      148,
      'latin1',
    );
    write('alike.tar', huge);
    truncateSync(path, huge.length + bytes + 1024);
    const { images, problems } = await add('alike.tar');
    expect({ images, problems }).toEqual({
      images: 0,
      problems: [{ relativePath: 'huge.jpg', reason: 'the entry is larger than 2 GiB' }],
    });
  });

  it('that did not change are not read again; new, changed and gone images are found', async () => {
    const [one, two, three, other] = await Promise.all([jpegBytes(1), jpegBytes(2), jpegBytes(3), jpegBytes(4)]);
    const shard = (files: TarFiles) => writeTar('s/1.tar', files);
    const label = (name: string) => ({ class: name });
    shard({ 'a.jpg': one, 'a.json': label('cat'), 'b.jpg': two, 'b.json': label('dog'), 'bad.jpg': 'no picture' });
    writeTar('s/2.tar', { 'c.jpg': three, 'c.json': label('cat') });
    const labelled = { kind: 'labelled', split: 'train' } as const;
    const first = await add('s', labelled);
    const ids = await Promise.all(['1.tar/a.jpg', '1.tar/b.jpg', '2.tar/c.jpg'].map(idOf));
    // While the second shard's size and time are unchanged, not even damage in it is read.
    const { mtimeMs } = statSync(join(root, 's/2.tar'));
    writeFileSync(join(root, 's/2.tar'), Buffer.alloc(statSync(join(root, 's/2.tar')).size, 7));
    utimesSync(join(root, 's/2.tar'), mtimeMs / 1000, mtimeMs / 1000);
    const again = await add('s', labelled);
    expect({ ...again, sourceId: 0 }).toEqual({ ...first, sourceId: 0 });
    shard({ 'a.jpg': one, 'a.json': label('dog'), 'd.jpg': other, 'd.json': label('dog') });
    const changed = await add('s', labelled);
    expect(changed).toMatchObject({ images: 3, missing: 1, problems: [] });
    expect(await idOf('1.tar/a.jpg')).toBe(ids[0]);
    expect(await classes()).toEqual({ cat: 1, dog: 2 });
    // It has its original contents again.
    shard({ 'a.jpg': other, 'a.json': label('cat'), 'b.jpg': two, 'b.json': label('dog') });
    expect(await add('s', labelled)).toMatchObject({ images: 3, missing: 1 });
    expect(await Promise.all(['1.tar/a.jpg', '1.tar/b.jpg', '2.tar/c.jpg'].map(idOf))).toEqual(ids);
    expect(await classes()).toEqual({ cat: 2, dog: 1 });
    expect((await bytesOf('1.tar/a.jpg')).equals(other)).toBe(true);
    rmSync(join(root, 's/2.tar'));
    expect(await add('s', labelled)).toMatchObject({ images: 2, missing: 2 });
  });

  it('that are cut or damaged are named, and what came before is kept', async () => {
    const picture = await jpegBytes(1);
    expect(picture.length).toBeLessThan(1536);
    const padded = Buffer.concat([picture, Buffer.alloc(1536 - picture.length)]);
    for (const [index, { damaged, reason }] of DAMAGES.entries()) {
      write(`${index}.tar`, damaged(tarOf({ 'a.jpg': padded, 'b.jpg': padded, 'c.jpg': padded })));
      const added = await add(`${index}.tar`);
      expect(added.images).toBe(1);
      expect(added.problems).toEqual([{ relativePath: '', reason: expect.stringMatching(reason) }]);
    }
    expect((await project.catalogue.problems()).map(({ path }) => path)).toEqual(
      DAMAGES.map((_, index) => join(root, `${index}.tar`)),
    );
    expect((await bytesOf('a.jpg')).equals(padded)).toBe(true);
  });

  it('of GNU tar and pax have their long names; sparse entries and links are refused by name', async () => {
    const long = `${'folder-'.repeat(20)}/${'name-'.repeat(30)}.jpg`;
    const picture = await jpegBytes(1);
    write(`in/${long}`, picture);
    write('in/ü😀.jpg', await jpegBytes(2));
    write('in/hole.jpg', Buffer.alloc(0));
    truncateSync(join(root, 'in/hole.jpg'), 2 ** 20);
    execFileSync('ln', ['-s', 'ü😀.jpg', join(root, 'in/link.jpg')]);
    for (const format of ['gnu', 'pax']) {
      execFileSync('tar', [
        '-C',
        join(root, 'in'),
        '-S',
        `--format=${format}`,
        '-cf',
        join(root, `${format}.tar`),
        '.',
      ]);
      const added = await add(`${format}.tar`);
      expect(added.images).toBe(2);
      expect(added.problems).toContainEqual({ relativePath: 'hole.jpg', reason: 'a sparse entry: write it whole' });
      expect(added.problems).toContainEqual({ relativePath: 'link.jpg', reason: 'a link within an archive' });
      const [id] = await project.database.integers('SELECT id FROM images WHERE relative_path = ? AND source_id = ?', [
        long,
        added.sourceId,
      ]);
      const file = await readImageFile(project, id ?? -1);
      expect(file && (await openBytes(locateImage(file))).equals(picture)).toBe(true);
    }
  });

  it('whose bytes changed give no picture, whatever their times say', async () => {
    const [one, two] = await Promise.all([jpegBytes(1), jpegBytes(2)]);
    const tar = tarOf({ 'a.jpg': one, 'b.jpg': two });
    const path = write('s.tar', tar);
    await add('s.tar');
    const { mtimeMs } = statSync(path);
    for (let place = 512; place < 512 + one.length; place += 37) {
      writeFileSync(path, flipped(Buffer.from(tar), place));
      utimesSync(path, mtimeMs / 1000, mtimeMs / 1000);
      await expect(bytesOf('a.jpg')).rejects.toThrow(ImageUnreachable);
      expect((await bytesOf('b.jpg')).equals(two)).toBe(true);
    }
    writeFileSync(path, tar.subarray(0, 600));
    await expect(bytesOf('a.jpg')).rejects.toThrow('its bytes in the archive have changed since it was added');
    // A copy of the archive is the same archive.
    write('s.tar', tar);
    expect((await bytesOf('a.jpg')).equals(one)).toBe(true);
  });

  it('move with their images, beside unpacked images are left out, and compressed ones are refused', async () => {
    const picture = await jpegBytes(1);
    writeTar('here/x.tar', { 'a.jpg': picture });
    const { sourceId } = await add('here/x.tar');
    const id = await idOf('a.jpg');
    mkdirSync(join(root, 'there'));
    renameSync(join(root, 'here/x.tar'), join(root, 'there/y.tar'));
    await expect(add('here/x.tar')).rejects.toThrow(/^The archive .*x\.tar is not there: connect it again/);
    await reconnectSource(project, sourceId, join(root, 'there/y.tar'));
    expect(await idOf('a.jpg')).toBe(id);
    expect((await bytesOf('a.jpg')).equals(picture)).toBe(true);
    write('mixed/a.jpg', picture);
    writeTar('mixed/all.tar', { 'a.jpg': picture });
    expect((await add('mixed')).notes).toEqual([
      'Left out: 1 file “all.tar” (an archive beside folders or images, which may be unpacked from it: add it by itself to use it).',
    ]);
    write('z.tar.gz', Buffer.from('x'));
    await expect(add('z.tar.gz')).rejects.toThrow(/is compressed as a whole.*unpack it to a \.tar/);
  });

  it('are exported as copies and as shards, never as links', async () => {
    const [one, two] = await Promise.all([jpegBytes(1), jpegBytes(2)]);
    writeTar('s/1.tar', { 'a.jpg': one, 'a.txt': 'words', 'b.jpg': two });
    await add('s');
    const selected = {
      sql: `SELECT images.id AS image_id, 0 AS class_id, folder || '/' || relative_path AS path, 'cat' AS class,
      images.id + 1 AS rank, 0.5 AS probability FROM images JOIN sources ON sources.id = source_id`,
    };
    const write = async (kind: TreeKind) => {
      mkdirSync(join(root, kind));
      return await writeTree(project.database, selected, kind, join(root, kind));
    };
    expect(await write('copies')).toBe(one.length + two.length);
    expect(readFileSync(join(root, 'copies/cat/000001-a.jpg')).equals(one)).toBe(true);
    expect(readFileSync(join(root, 'copies/cat/000002-b.jpg')).equals(two)).toBe(true);
    expect(await write('shards')).toBe(one.length + two.length);
    await expect(write('links')).rejects.toThrow(
      /lies in an archive, which cannot be linked to: export copies, shards/,
    );
    // What was exported can be added again: classes are given by name.
    await add('shards', { kind: 'labelled', split: 'train' });
    expect(await classes()).toEqual({ cat: 2 });
  });

  it('are classified as folders are', async () => {
    const [one, two] = await Promise.all([jpegBytes(1), jpegBytes(2)]);
    writeTar('s/1.tar', { 'a.jpg': one, 'b.jpg': two, 'b.txt': 'words' });
    const problems: unknown[] = [];
    const images = await foundImages(join(root, 's'), (problem) => problems.push(problem));
    expect(problems).toEqual([]);
    expect(await Promise.all(images.map((image) => openBytes(image)))).toEqual([one, two]);
  });
});

describe('a zip', () => {
  it('gives stored and deflated images by their places', async () => {
    const [one, two] = await Promise.all([jpegBytes(1), jpegBytes(2)]);
    const zip = new yazl.ZipFile();
    zip.addBuffer(one, 'cats/one.jpg', { compress: false });
    zip.addBuffer(two, 'dogs/two.jpg', { compress: true });
    zip.addBuffer(Buffer.from('x'), '__MACOSX/dogs/._two.jpg');
    zip.end();
    await pipeline(zip.outputStream, createWriteStream(join(root, 'data.zip')));
    const added = await add('data.zip', { kind: 'labelled', split: 'train' });
    expect(added).toMatchObject({ images: 2, problems: [] });
    expect(await classes()).toEqual({ cats: 1, dogs: 1 });
    expect((await bytesOf('dogs/two.jpg')).equals(two)).toBe(true);
    expect((await bytesOf('cats/one.jpg')).equals(one)).toBe(true);
    const { size } = statSync(join(root, 'data.zip'));
    truncateSync(join(root, 'data.zip'), size - 30);
    expect(await add('data.zip', { kind: 'labelled', split: 'train' })).toMatchObject({
      images: 0,
      missing: 2,
      problems: [{ relativePath: '', reason: 'is a damaged zip, or cut short' }],
    });
  });
});

function flipped(bytes: Buffer, place: number): Buffer {
  bytes.writeUInt8(bytes.readUInt8(place) ^ 0x10, place);
  return bytes;
}

it.each([
  ['odd.tar', 'is not a tar archive, or its first header is damaged'],
  ['odd.zip', 'is a damaged zip, or cut short'],
])('that is none is refused by its name: %s', async (name, why) => {
  const path = write(name, Buffer.alloc(3000, 7));
  await expect(add(name)).rejects.toThrow(`${path} ${why}: nothing was added.`);
  expect((await project.catalogue.summary()).sources).toEqual([]);
});
