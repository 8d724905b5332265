import sharp from 'sharp';
import { describe, expect, it } from 'vitest';
import { drawn } from '../image-files.ts';
import { jpegFile, jpegParts, restart } from './jpeg-file.ts';
import { GREY_QUADRANTS, pixelsOf, quadrantsOf } from './quadrants.ts';

const SIZE = { sizePx: 128, restartInterval: 16 };
const END = Buffer.from([0xff, 0xd9]);
const ways = [
  ['baseline', {}],
  ['progressive', { progressive: true }],
  ['without subsampling', { chromaSubsampling: '4:4:4' }],
] as const;
const photograph = async (options: object) => await drawn({ widthPx: 120, heightPx: 90 }).jpeg(options).toBuffer();

describe('a JPEG without its end marker', () => {
  it.each(ways)('is used when every pixel is there: %s', async (_way, options) => {
    const whole = await photograph(options);
    for (const file of [
      whole.subarray(0, -2),
      whole.subarray(0, -1),
      Buffer.concat([whole.subarray(0, -2), Buffer.alloc(300, 66)]),
    ]) {
      expect(await pixelsOf(file, 32)).toEqual(await pixelsOf(whole, 32));
    }
  });

  it.each(ways)(
    'is refused when one more byte is missing, or many, or zeros stand for them: %s',
    async (_way, options) => {
      const whole = await photograph(options);
      for (const missing of [3, 4, 5, 20, 200, Math.floor(whole.length / 2)]) {
        await expect(pixelsOf(whole.subarray(0, -missing), 32)).rejects.toThrow('the file is cut short');
      }
      const unwritten = Buffer.concat([whole.subarray(0, Math.floor(whole.length / 2)), Buffer.alloc(5000)]);
      await expect(pixelsOf(unwritten, 32)).rejects.toThrow('the file is cut short');
    },
  );

  it('is refused when a progressive one ends between two of its scans', async () => {
    const whole = await photograph({ progressive: true });
    const lastScan = whole.lastIndexOf(Buffer.from([0xff, 0xda]));
    const tables = whole.lastIndexOf(Buffer.from([0xff, 0xc4]), lastScan);
    await expect(pixelsOf(whole.subarray(0, Math.max(tables, 0)), 32)).rejects.toThrow('the file is cut short');
  });

  it('is refused when its missing part is not looked at', async () => {
    const tall = await drawn({ widthPx: 40, heightPx: 400 }).jpeg().toBuffer();
    await expect(pixelsOf(tall.subarray(0, Math.floor(tall.length * 0.9)), 32)).rejects.toThrow(
      'the file is cut short',
    );
  });
});

describe('a JPEG with restart markers', () => {
  it('gives its levels, with and without its end', async () => {
    const file = jpegFile(SIZE);
    expect(await quadrantsOf(file, SIZE.sizePx)).toEqual(GREY_QUADRANTS);
    expect(await quadrantsOf(file.subarray(0, -2), SIZE.sizePx)).toEqual(GREY_QUADRANTS);
  });

  const { header, parts } = jpegParts(SIZE);
  const joined = (numbered: readonly (readonly [number, Buffer])[], [first]: readonly Buffer[] = parts) =>
    Buffer.concat([
      header,
      first ?? Buffer.alloc(0),
      ...numbered.flatMap(([number, part]) => [restart(number), part]),
      END,
    ]);
  const rest = parts.slice(1).map((part, index) => [index, part] as const);

  it.each<[string, Buffer]>([
    ['a wrong number', joined(rest.map(([number, part]) => [number === 4 ? 6 : number, part]))],
    ['a part that is missing', joined(rest.filter(([number]) => number !== 4))],
    ['eight parts that are missing', joined(rest.slice(0, -8))],
  ])('is refused for %s', async (_damage, file) => {
    await expect(pixelsOf(file, SIZE.sizePx)).rejects.toThrow('a part of it is missing in the middle');
  });
});

describe('a JPEG that decoders warn of', () => {
  it('is used when every pixel is right: bytes before its end, between its segments, behind its end', async () => {
    const whole = await photograph({});
    const expected = await pixelsOf(whole, 32);
    const junk = Buffer.from([1, 2, 3]);
    expect(await pixelsOf(Buffer.concat([whole.subarray(0, -2), junk, END]), 32)).toEqual(expected);
    expect(await pixelsOf(Buffer.concat([whole, Buffer.alloc(1000, 65)]), 32)).toEqual(expected);
    const tables = whole.indexOf(Buffer.from([0xff, 0xc4]));
    const spaced = Buffer.concat([whole.subarray(0, tables), junk, whole.subarray(tables)]);
    expect(await pixelsOf(spaced, 32)).toEqual(expected);
  });

  it('is refused when its data is damaged in the middle', async () => {
    const noise = Buffer.from(
      Array.from({ length: 3 * 300 * 300 }, (_, index) => (index * index * 31 + index * 17) % 256),
    );
    const whole = await sharp(noise, { raw: { width: 300, height: 300, channels: 3 } })
      .jpeg({ progressive: true })
      .toBuffer();
    const damaged = Buffer.from(whole);
    damaged.fill(0x5a, Math.floor(whole.length / 2), Math.floor(whole.length / 2) + 200);
    await expect(pixelsOf(damaged, 64)).rejects.toThrow('the JPEG is damaged');
  });
});

describe('a JPEG of another kind', () => {
  const frame = (file: Buffer) => file.indexOf(Buffer.from([0xff, 0xc0]));
  const changed = (offset: number, value: number) => {
    const file = jpegFile(SIZE);
    file[frame(file) + offset] = value;
    return file;
  };

  it.each<[string, Buffer, RegExp]>([
    ['lossless', changed(1, 0xc3), /^lossless JPEG is not supported: convert it/],
    ['arithmetic', changed(1, 0xc9), /^JPEG with arithmetic coding is not supported/],
    ['12 bits', changed(4, 12), /^JPEG of 12 bits is not supported/],
    ['without a width', changed(8, 0), /^the picture has no size$/],
    ['without a height', changed(6, 0), /^the JPEG is damaged$/],
    ['its header alone', Buffer.concat([Buffer.from([0xff, 0xd8, 0xff, 0xd9]), Buffer.alloc(9)]), /holds no picture/],
    ['its beginning', jpegFile(SIZE).subarray(0, 60), /cut short/],
  ])('is refused: %s', async (_kind, file, reason) => {
    await expect(pixelsOf(file, 32)).rejects.toThrow(reason);
  });
});
