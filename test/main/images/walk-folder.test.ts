import { linkSync, mkdirSync, mkdtempSync, statSync, symlinkSync, utimesSync, writeFileSync } from 'node:fs';
import { stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { fileFacts } from '../../../main/images/file-facts.ts';
import { Patience } from '../../../main/images/patience.ts';
import { walkFolder } from '../../../main/images/walk-folder.ts';

const newFolder = () => mkdtempSync(join(tmpdir(), 'understudy-walk-'));

function write(root: string, ...paths: readonly string[]): void {
  for (const path of paths) {
    mkdirSync(dirname(join(root, path)), { recursive: true });
    writeFileSync(join(root, path), path);
  }
}

async function walked(root: string) {
  const found = [];
  for await (const entry of walkFolder(root, new Patience())) found.push(entry);
  return found;
}

async function filesIn(root: string): Promise<string[]> {
  return (await walked(root)).flatMap(({ kind, relativePath }) => (kind === 'file' ? [relativePath] : []));
}

async function leftOutOf(root: string): Promise<string[]> {
  return (await walked(root)).flatMap((found) =>
    found.kind === 'leftOut' ? [`${found.relativePath}: ${found.because}`] : [],
  );
}

describe('what other programs leave among images', () => {
  it.each([
    ['@eaDir/a.jpg/SYNOPHOTO_THUMB_M.jpg', '@eaDir', 'Synology'],
    ['#recycle/a.jpg', '#recycle', 'Synology'],
    ['@Recycle/a.jpg', '@Recycle', 'QNAP'],
    ['@Recently-Snapshot/1/a.jpg', '@Recently-Snapshot', 'QNAP'],
    ['.@__thumb/a.jpg', '.@__thumb', 'QNAP'],
    ['.thumbnails/a.png', '.thumbnails', 'Linux'],
    ['.picasaoriginals/a.jpg', '.picasaoriginals', 'Picasa'],
    ['Summer Previews.lrdata/0/a.jpg', 'Summer Previews.lrdata', 'Lightroom'],
    ['Summer Smart Previews.lrdata/0/a.jpg', 'Summer Smart Previews.lrdata', 'Lightroom'],
    ['CaptureOne/Cache/Thumbnails/a.jpg', 'CaptureOne/Cache', 'Capture One'],
    ['CaptureOne/Settings153/a.jpg', 'CaptureOne/Settings153', 'Capture One'],
    ['Work.cocatalog/Cache/a.jpg', 'Work.cocatalog/Cache', 'Capture One'],
    ['$Recycle.Bin/a.jpg', '$Recycle.Bin', 'Windows'],
    ['System Volume Information/a.jpg', 'System Volume Information', 'Windows'],
    ['lost+found/a.jpg', 'lost+found', 'Linux'],
    ['.Trash-1000/files/a.jpg', '.Trash-1000', 'Linux'],
    ['.ipynb_checkpoints/a.jpg', '.ipynb_checkpoints', 'Jupyter'],
    ['__MACOSX/a.jpg', '__MACOSX', 'macOS'],
    ['._a.jpg', '._a.jpg', 'macOS'],
    ['.DS_Store', '.DS_Store', 'macOS'],
    ['Icon\r', 'Icon\r', 'macOS'],
    ['Thumbs.db', 'Thumbs.db', 'Windows'],
    ['.private/a.jpg', '.private', 'hidden, its name begins with a dot'],
    [
      'Photos Library.photoslibrary/resources/derivatives/a.jpg',
      'Photos Library.photoslibrary/resources',
      'Apple Photos',
    ],
    ['iPhoto Library.photolibrary/Thumbnails/a.jpg', 'iPhoto Library.photolibrary/Thumbnails', 'Apple Photos'],
  ])('is left out: %s', async (path, leftOut, because) => {
    const root = newFolder();
    write(root, path, join('deep', 'er', path), 'own.jpg');
    expect(await filesIn(root)).toEqual(['own.jpg']);
    expect((await leftOutOf(root)).toSorted()).toEqual(
      [`${leftOut}: ${because}`, `deep/er/${leftOut}: ${because}`].toSorted(),
    );
  });

  it('is no folder of a person’s that merely has such a name', async () => {
    const root = newFolder();
    const own = [
      'Cache/1.jpg',
      'CaptureOne/1.jpg',
      'Originals/1.jpg',
      'Previews/1.jpg',
      'Recycle/1.jpg',
      'Settings/1.jpg',
    ];
    write(root, ...own);
    expect(await filesIn(root)).toEqual(own);
    expect(await leftOutOf(root)).toEqual([]);
  });

  it('is Picasa’s folder of originals beside Picasa’s own file, and the originals of a photo library are images', async () => {
    const root = newFolder();
    write(root, 'p/.picasa.ini', 'p/1.jpg', 'p/Originals/1.jpg', 'L.photoslibrary/originals/0/2.jpg');
    write(root, 'iPhoto Library/AlbumData.xml', 'iPhoto Library/Originals/2009/3.jpg', 'iPhoto Library/Data/3.jpg');
    expect(await filesIn(root)).toEqual([
      'L.photoslibrary/originals/0/2.jpg',
      'iPhoto Library/Originals/2009/3.jpg',
      'p/1.jpg',
    ]);
  });
});

describe('names', () => {
  it('keep their bytes: a backslash, a line break, blanks, accents apart from their letters', async () => {
    const root = newFolder();
    const odd = [
      'a\\b/c\\d.png',
      'cafe\u0301/1.png',
      'caf\u00E9/1.png',
      'new\nline/\t.png',
      ' x /y .png',
      `${'n'.repeat(251)}.png`,
    ];
    write(root, ...odd);
    expect(new Set(await filesIn(root))).toEqual(new Set(odd));
  });

  it.skipIf(process.platform !== 'linux')('that are no UTF-8 are listed with their bytes, each by itself', async () => {
    const root = newFolder();
    const raw = (...bytes: readonly (string | number)[]) =>
      Buffer.concat([
        Buffer.from(`${root}/`),
        ...bytes.map((part) => (typeof part === 'string' ? Buffer.from(part) : Buffer.of(part))),
      ]);
    for (const byte of [0xe8, 0xe9]) {
      mkdirSync(raw('lat', byte));
      writeFileSync(raw('lat', byte, '/1.png'), 'x');
      writeFileSync(raw('ü', byte, '.png'), 'x');
    }
    write(root, 'whole \uFFFD.png');
    const found = await walked(root);
    expect(found.map((entry) => `${entry.relativePath} ${'reason' in entry ? entry.reason : entry.kind}`)).toEqual([
      'lat\\xE8 the name is not UTF-8: rename the folder, and what is in it can be read',
      'lat\\xE9 the name is not UTF-8: rename the folder, and what is in it can be read',
      'whole \uFFFD.png file',
      'ü\\xE8.png the name is not UTF-8: rename the file',
      'ü\\xE9.png the name is not UTF-8: rename the file',
    ]);
  });
});

it('reads a folder once, whatever links lead to it, and says which it did not read again', async () => {
  const root = newFolder();
  write(root, 'in/one.jpg');
  symlinkSync(root, join(root, 'in', 'loop'));
  symlinkSync('in', join(root, 'same'));
  expect(await filesIn(root)).toEqual(['in/one.jpg']);
  expect(await leftOutOf(root)).toEqual([
    'in/loop: a folder that is read under another name already',
    'same: a folder that is read under another name already',
  ]);
});

it('knows a file by any link to it, and its time to the last bit', async () => {
  const root = newFolder();
  write(root, 'a.jpg', 'b.jpg');
  linkSync(join(root, 'a.jpg'), join(root, 'hard.jpg'));
  symlinkSync('a.jpg', join(root, 'soft.jpg'));
  for (const seconds of [1_700_000_000.123456, -5.25, 0]) {
    utimesSync(join(root, 'a.jpg'), seconds, seconds);
    const [a, hard, soft, b] = await Promise.all(
      ['a.jpg', 'hard.jpg', 'soft.jpg', 'b.jpg'].map(async (name) =>
        fileFacts(await stat(join(root, name), { bigint: true })),
      ),
    );
    expect([hard, soft]).toEqual([a, a]);
    expect(b?.fileId).not.toBe(a?.fileId);
    expect(a?.modifiedMs).toBe(statSync(join(root, 'a.jpg')).mtimeMs);
  }
});
