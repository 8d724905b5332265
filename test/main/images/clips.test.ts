import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import sharp from 'sharp';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { at } from '../../../main/at.ts';
import { clipThumbnail } from '../../../main/images/clips/clip-thumbnail.ts';
import { decodeSample } from '../../../main/images/clips/decode-sample.ts';
import { evenFrames } from '../../../main/images/clips/even-frames.ts';
import { fileIn } from '../../../main/images/image-locator.ts';
import { scanFolder } from '../../../main/images/scan.ts';
import { animation, frameFolder, grey } from './clip-files.ts';

const LEVELS = [10, 40, 70, 100, 130, 160, 190, 220, 240, 250, 252, 254];
const SQUARES = { sizePx: 8, filter: 'linear', frames: 4 } as const;
const hasFfmpeg = (() => {
  try {
    execFileSync('ffmpeg', ['-version'], { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
})();

let root: string;
beforeAll(async () => {
  root = mkdtempSync(join(tmpdir(), 'understudy-clips-'));
});
afterAll(() => rmSync(root, { recursive: true }));

/** The first value of each frame. */
async function levelsOf(relativePath: string): Promise<number[]> {
  const clip = await decodeSample(fileIn(root, relativePath), SQUARES);
  expect(clip).toHaveLength(4 * 8 * 8 * 3);
  return [0, 1, 2, 3].map((frame) => clip[frame * 8 * 8 * 3] as number);
}

async function scanned(): Promise<Map<string, string>> {
  const found = new Map<string, string>();
  for await (const entry of scanFolder(root, { clips: true })) {
    found.set(entry.relativePath, entry.kind === 'image' ? entry.format : entry.reason);
  }
  return found;
}

describe('the frames that are taken', () => {
  it('lie in the middles of equal parts', () => {
    expect(evenFrames(12, 4)).toEqual([1, 4, 7, 10]);
    expect(evenFrames(2, 4)).toEqual([0, 0, 1, 1]);
  });
  it('go by how long each is shown, where that is known', () => {
    expect(evenFrames(3, 4, [10, 10, 80])).toEqual([1, 2, 2, 2]);
    expect(evenFrames(3, 3, [0, 0, 0])).toEqual([0, 1, 2]);
  });
});

describe('a clip', () => {
  it('is a folder of frames, in the order of their numbers', async () => {
    await frameFolder(join(root, 'frames'), LEVELS);
    expect(await levelsOf('frames/')).toEqual([40, 130, 220, 252]);
    expect((await scanned()).get('frames/')).toBe('frames');
  });

  it.each(['gif', 'webp'] as const)('is an animated %s', async (format) => {
    writeFileSync(join(root, `clip.${format}`), await animation(format, LEVELS));
    const levels = await levelsOf(`clip.${format}`);
    // A GIF has a palette.
    for (const [index, level] of [40, 130, 220, 252].entries()) {
      expect(Math.abs(at(levels, index) - level)).toBeLessThanOrEqual(format === 'gif' ? 5 : 0);
    }
    expect((await scanned()).get(`clip.${format}`)).toBe(`animated ${format}`);
  });

  it.skipIf(!hasFfmpeg)('is a video, where there is ffmpeg', async () => {
    const made = ['-v', 'error', '-y', '-i', join(root, 'frames', '%d.png'), '-c:v', 'ffv1', join(root, 'clip.mkv')];
    execFileSync('ffmpeg', made);
    const levels = await levelsOf('clip.mkv');
    for (const [index, level] of [40, 130, 220, 252].entries()) {
      expect(Math.abs(at(levels, index) - level)).toBeLessThanOrEqual(3);
    }
    expect((await scanned()).get('clip.mkv')).toBe('video');
  });
});

describe('what is no clip is left out with its reason', () => {
  it('a GIF of one picture, a folder of one, a still beside clips', async () => {
    writeFileSync(join(root, 'still.gif'), await grey(9).gif().toBuffer());
    writeFileSync(join(root, 'still.png'), await grey(9).png().toBuffer());
    await frameFolder(join(root, 'single'), [9]);
    const found = await scanned();
    expect(found.get('still.gif')).toBe('a GIF of a single picture, but a clip has at least 2 frames');
    expect(found.get('still.png')).toContain('a still picture beside clips');
    expect(found.get('single/')).toBe('a folder of a single picture, but a clip has at least 2 frames');
  });

  it('frames of different sizes, a damaged frame', async () => {
    await frameFolder(join(root, 'sizes'), LEVELS);
    writeFileSync(join(root, 'sizes', '5.png'), await grey(9, 20, 16).png().toBuffer());
    await expect(levelsOf('sizes/')).rejects.toThrow('its frames are of different sizes (16 × 16 and 20 × 16, 5.png)');
    await frameFolder(join(root, 'broken'), LEVELS);
    writeFileSync(join(root, 'broken', '5.png'), 'no picture');
    await expect(levelsOf('broken/')).rejects.toThrow(/^its frame 5\.png: /);
  });

  it('an animation that is cut short', async () => {
    const whole = await animation('gif', LEVELS);
    writeFileSync(join(root, 'cut.gif'), whole.subarray(0, whole.length >> 1));
    await expect(levelsOf('cut.gif')).rejects.toThrow('the file is cut short');
  });

  it.skipIf(!hasFfmpeg)('a video that is cut short, or holds nothing', async () => {
    const made = [
      '-v',
      'error',
      '-y',
      '-i',
      join(root, 'frames', '%d.png'),
      '-pix_fmt',
      'yuv420p',
      join(root, 'whole.mp4'),
    ];
    execFileSync('ffmpeg', made);
    writeFileSync(join(root, 'cut.mp4'), readFileSync(join(root, 'whole.mp4')).subarray(0, 900));
    expect((await scanned()).get('cut.mp4')).toMatch(/^the video is damaged or cut short/);
  });

  it('a clip whose frames are others than when it was added is not decoded', async () => {
    mkdirSync(join(root, 'changing'));
    await frameFolder(join(root, 'changing'), LEVELS);
    const version = { bytes: 1, modifiedMs: 1 };
    await expect(decodeSample(fileIn(root, 'changing/', version), SQUARES)).rejects.toThrow('its frames have changed');
    renameSync(join(root, 'changing'), join(root, 'moved'));
    await expect(decodeSample(fileIn(root, 'changing/'), SQUARES)).rejects.toThrow();
  });
});

it('a video without ffmpeg on the PATH is left out with what to do', async () => {
  writeFileSync(
    join(root, 'any.mp4'),
    Buffer.concat([Buffer.from([0, 0, 0, 24]), Buffer.from('ftypisom'), Buffer.alloc(64)]),
  );
  const path = process.env.PATH;
  process.env.PATH = join(root, 'nothing');
  try {
    expect((await scanned()).get('any.mp4')).toMatch(
      /^a video, which needs ffmpeg, but ffmpeg is not on the PATH: install it/,
    );
  } finally {
    process.env.PATH = path;
  }
});

it('is shown small by the frame in its middle', async () => {
  await frameFolder(join(root, 'small/frames'), LEVELS);
  writeFileSync(join(root, 'small/moving.webp'), await animation('webp', LEVELS));
  for (const path of ['small/frames/', 'small/moving.webp']) {
    const jpeg = await clipThumbnail(fileIn(root, path), 8);
    const { data, info } = await sharp(jpeg).raw().toBuffer({ resolveWithObject: true });
    expect([info.format, info.width, info.height]).toEqual(['raw', 8, 8]);
    for (const level of data) expect(Math.abs(level - at(LEVELS, 6))).toBeLessThanOrEqual(3);
  }
});
