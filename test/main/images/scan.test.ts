import { mkdirSync, mkdtempSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { FolderUnreadable, type ScanEntry, scanFolder } from '../../../main/images/scan.ts';
import { writeJpeg } from '../image-files.ts';

async function scanned(root: string): Promise<ScanEntry[]> {
  const entries: ScanEntry[] = [];
  for await (const entry of scanFolder(root)) entries.push(entry);
  return entries;
}

const newFolder = () => mkdtempSync(join(tmpdir(), 'understudy-scan-'));

describe('scanning a folder', () => {
  it('finds images in every sub-folder, in order, and says why it leaves out the rest', async () => {
    const root = newFolder();
    await writeJpeg(join(root, 'b', 'zwei.jpg'), { widthPx: 30, heightPx: 20 });
    await writeJpeg(join(root, 'a', 'übung äöü', '図.jpg'));
    writeFileSync(join(root, 'a', 'empty.png'), '');
    writeFileSync(join(root, 'notes.txt'), 'hello');
    writeFileSync(join(root, '.DS_Store'), 'x');
    writeFileSync(join(root, 'Thumbs.db'), 'x');
    symlinkSync(join(root, 'nowhere'), join(root, 'lost.jpg'));
    const entries = await scanned(root);
    expect(entries.map(({ kind, relativePath }) => `${kind} ${relativePath}`)).toEqual([
      'problem a/empty.png',
      'image a/übung äöü/図.jpg',
      'image b/zwei.jpg',
      'unreachable lost.jpg',
      'problem notes.txt',
    ]);
    expect(entries[2]).toMatchObject({ widthPx: 30, heightPx: 20, format: 'jpeg' });
    const reasons = entries.flatMap((entry) => ('reason' in entry ? [entry.reason] : []));
    expect(reasons).toEqual(['the file is empty', 'a link that leads nowhere', 'a text file, not a picture']);
  });

  it('survives links that lead in circles', async () => {
    const root = newFolder();
    await writeJpeg(join(root, 'in', 'one.jpg'));
    symlinkSync(root, join(root, 'in', 'loop'));
    expect((await scanned(root)).map(({ relativePath }) => relativePath)).toEqual(['in/one.jpg']);
  });

  it('reads paths of hundreds of characters', async () => {
    const root = newFolder();
    const deep = join(root, ...Array.from({ length: 12 }, () => 'a folder with quite a long name'));
    await writeJpeg(join(deep, 'far.jpg'));
    expect(await scanned(root)).toHaveLength(1);
  });

  it.each([
    ['a folder that is not there', 'missing', /There is no folder/],
    ['a file', 'file.txt', /is a file, not a folder/],
  ])('refuses %s in one sentence', async (_what, name, sentence) => {
    const root = newFolder();
    writeFileSync(join(root, 'file.txt'), 'x');
    mkdirSync(join(root, 'there'));
    await expect(scanned(join(root, name))).rejects.toThrow(FolderUnreadable);
    await expect(scanned(join(root, name))).rejects.toThrow(sentence);
  });
});
