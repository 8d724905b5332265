import { mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { beforeEach, expect, it } from 'vitest';
import { readThumbnail, writeThumbnail } from '../../../main/images/thumbnail-file.ts';
import { cut, empty, flip, swapWith } from '../damages.ts';

const JPEG = Buffer.from('the bytes of a small picture');
let folder: string;
const path = () => join(folder, '0', '7-96-abc.jpg');

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'understudy-thumbnail-'));
  await writeThumbnail(path(), JPEG);
});

it('comes back as it was written', async () => {
  expect(await readThumbnail(path())).toEqual(JPEG);
  expect(await readThumbnail(join(folder, 'none.jpg'))).toBeUndefined();
});

it('counts as not kept once it is anything else, or another’s', async () => {
  const other = join(folder, '0', '8-96-abc.jpg');
  await writeThumbnail(other, Buffer.from('another small picture'));
  const written = readFileSync(path());
  for (const damage of [flip, cut, empty, swapWith(other), (file: string) => writeFileSync(file, JPEG)]) {
    damage(path());
    expect(await readThumbnail(path())).toBeUndefined();
    writeFileSync(path(), written);
  }
  expect(await readThumbnail(path())).toEqual(JPEG);
});
