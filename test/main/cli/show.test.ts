import { mkdirSync, mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import sharp from 'sharp';
import { beforeAll, describe, expect, it } from 'vitest';
import { createProject } from '../../../main/catalogue/project.ts';
import { importFolder } from '../../../main/pipeline/import-folder.ts';
import { here } from '../command-here.ts';
import { jsonLines } from '../command-line.ts';
import { COLOURS, colourAt } from '../images/quadrants.ts';
import { tiffFile } from '../images/tiff-file.ts';

const root = mkdtempSync(join(tmpdir(), 'understudy-show-'));
const [project, images] = [join(root, 'project'), join(root, 'images')];
const picture = join(images, 'bands.tif');
const SIZE_PX = 32;

beforeAll(async () => {
  const made = await createProject(project, { name: 'Bands' });
  const pixel = (x: number, y: number) => [...colourAt(x, y, SIZE_PX), 250, 10];
  mkdirSync(images);
  writeFileSync(picture, tiffFile({ sizePx: SIZE_PX, photometric: 2, samples: 5, extraSamples: [0, 0], pixel }));
  writeFileSync(join(images, 'phone.jpg'), Buffer.from('\0\0\0\x18ftypheic\0\0\0\0mif1heic', 'latin1'));
  await importFolder(made, { kind: 'unlabelled', folder: images, split: null });
  await made.close();
});

describe('understudy show', () => {
  it('shows what is known about an image and writes the picture that the network sees, once', async () => {
    const out = join(root, 'seen.png');
    const shown = await here('show', project, picture, '--pixels', out, '--json');
    expect(shown).toMatchObject({ code: 0, stderr: '' });
    expect(jsonLines(shown)).toEqual([
      expect.objectContaining({
        event: 'image',
        imageId: 0,
        path: picture,
        format: 'tiff',
        state: 'used',
        cached: false,
        pixels: { path: out, sizePx: SIZE_PX, from: 'file' },
      }),
    ]);
    const { data, info } = await sharp(out).raw().toBuffer({ resolveWithObject: true });
    expect(info).toMatchObject({ width: SIZE_PX, height: SIZE_PX, channels: 3 });
    expect([...data.subarray(0, 3)]).toEqual(COLOURS[0]);

    const before = readFileSync(out);
    const again = await here('show', project, '0', '--pixels', out);
    expect(again.code).toBe(1);
    expect(again.stderr).toContain(`${out} exists already: choose another name.`);
    expect(readFileSync(out).equals(before)).toBe(true);
  });

  it('says in words why a file is no image', async () => {
    const shown = await here('show', project, 'phone.jpg');
    expect(shown.code).toBe(0);
    expect(shown.stdout).toContain('left out     HEIC (HEVC compression) is not supported: convert it to JPEG or PNG');
    const pixels = await here('show', project, 'phone.jpg', '--pixels', join(root, 'none.png'));
    expect(pixels.code).toBe(1);
    expect(pixels.stderr).toContain('has no pixels to show: HEIC (HEVC compression)');
    const unknown = await here('show', project, 'nothing.jpg');
    expect(unknown.code).toBe(1);
    expect(unknown.stderr).toContain('No image of this project is “nothing.jpg”');
  });

  it('finds images similar to a picture from outside, which requires eyes', async () => {
    const outside = join(root, 'outside.tif');
    writeFileSync(outside, readFileSync(picture));
    const shown = await here('show', project, outside, '--like');
    expect(shown.code).not.toBe(0);
    expect(shown.stderr).toContain('No network was brought to compute features with: bring one with understudy bring.');
    expect((await here('show', project, outside)).stderr).toContain('No image of this project is');
  });
});
