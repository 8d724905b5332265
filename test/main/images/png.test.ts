import { deflateSync } from 'node:zlib';
import sharp from 'sharp';
import { describe, expect, it } from 'vitest';
import { chunk, pngFile } from './png-file.ts';
import { before, COLOURS, colourAt, GREY_QUADRANTS, greyAt, pixelsOf, quadrantAt, quadrantsOf } from './quadrants.ts';

const rgb =
  (scale = 1, alpha?: number) =>
  (x: number, y: number) =>
    [...colourAt(x, y), ...(alpha === undefined ? [] : [alpha])].map((level) => level * scale);
const grey =
  (scale = 1, alpha?: number) =>
  (x: number, y: number) =>
    [greyAt(x, y), ...(alpha === undefined ? [] : [alpha])].map((level) => level * scale);
const place = (x: number, y: number) => [quadrantAt(x, y)];
const PALETTE = chunk('PLTE', COLOURS.flat());
const HOLE = [128, 128, 128];

describe('a PNG', () => {
  it.each<[string, Buffer]>([
    ['8 bits', pngFile({ colour: 2, pixel: rgb() })],
    ['16 bits', pngFile({ colour: 2, bits: 16, pixel: rgb(257) })],
    ['a palette', pngFile({ colour: 3, pixel: place, chunks: [PALETTE] })],
    ['a palette of 2 bits', pngFile({ colour: 3, bits: 2, pixel: place, chunks: [PALETTE] })],
    ['no end chunk', pngFile({ colour: 2, pixel: rgb(), isEnded: false })],
    ['bytes behind its end', Buffer.concat([pngFile({ colour: 2, pixel: rgb() }), Buffer.alloc(500, 7)])],
    [
      'an animation, of which the first frame is read',
      pngFile({ colour: 2, pixel: rgb(), chunks: [chunk('acTL', [0, 0, 0, 2, 0, 0, 0, 0])] }),
    ],
  ])('gives its colours: %s', async (_kind, file) => {
    expect(await quadrantsOf(file)).toEqual(COLOURS);
  });

  it.each<[string, Buffer]>([
    ['8 bits', pngFile({ colour: 0, pixel: grey() })],
    ['16 bits', pngFile({ colour: 0, bits: 16, pixel: grey(257) })],
  ])('gives its grey levels: %s', async (_kind, file) => {
    expect(await quadrantsOf(file)).toEqual(GREY_QUADRANTS);
  });

  it.each<[string, Buffer, readonly (readonly number[])[]]>([
    ['8 bits', pngFile({ colour: 6, pixel: rgb(1, 51) }), COLOURS],
    ['16 bits', pngFile({ colour: 6, bits: 16, pixel: rgb(257, 51) }), COLOURS],
    ['grey, 8 bits', pngFile({ colour: 4, pixel: grey(1, 51) }), GREY_QUADRANTS],
    ['grey, 16 bits', pngFile({ colour: 4, bits: 16, pixel: grey(257, 51) }), GREY_QUADRANTS],
  ])('shows grey through its alpha: %s', async (_kind, file, colours) => {
    expect(await quadrantsOf(file)).toEqual(colours.map((colour) => colour.map((level) => before(level, 51))));
  });

  it.each<[string, Buffer, number[][]]>([
    [
      'a colour',
      pngFile({ colour: 2, pixel: rgb(), chunks: [chunk('tRNS', [0, 40, 0, 200, 0, 40])] }),
      [[200, 40, 40], HOLE],
    ],
    [
      'a 16-bit colour',
      pngFile({ colour: 2, bits: 16, pixel: rgb(257), chunks: [chunk('tRNS', [40, 40, 200, 200, 40, 40])] }),
      [[200, 40, 40], HOLE],
    ],
    ['a grey level', pngFile({ colour: 0, pixel: grey(), chunks: [chunk('tRNS', [0, 134])] }), [[88, 88, 88], HOLE]],
    [
      'a place in the palette',
      pngFile({ colour: 3, pixel: place, chunks: [PALETTE, chunk('tRNS', [255, 0])] }),
      [[200, 40, 40], HOLE],
    ],
  ])('shows grey where %s is transparent', async (_kind, file, firstTwo) => {
    expect((await quadrantsOf(file)).slice(0, 2)).toEqual(firstTwo);
  });

  it('is shown by its colour profile, with 16 bits as with 8', async () => {
    const profiles = await Promise.all(['srgb', 'p3'].map(profileOf));
    const [srgb, displayP3] = profiles.map((profile) =>
      chunk('iCCP', [...Buffer.from('x\0\0', 'latin1'), ...deflateSync(profile)]),
    );
    if (!srgb || !displayP3) throw new Error('no profiles');
    const both = async (profile: Buffer) => [
      await quadrantsOf(pngFile({ colour: 2, pixel: rgb(), chunks: [profile] })),
      await quadrantsOf(pngFile({ colour: 2, bits: 16, pixel: rgb(257), chunks: [profile] })),
    ];
    expect(await both(srgb)).toEqual([COLOURS, COLOURS]);
    const [eight, sixteen] = await both(displayP3);
    expect(sixteen).toEqual(eight);
    expect(eight?.[0]?.[0]).toBeGreaterThan(210);
  });

  it('is refused wherever it is cut, damaged or too large', async () => {
    const file = pngFile({ colour: 2, pixel: rgb() });
    const [withoutEnd] = [file.length - 12];
    for (let length = 40; length < withoutEnd; length += 7) {
      await expect(pixelsOf(file.subarray(0, length))).rejects.toThrow('the file is cut short');
    }
    const flipped = Buffer.from(file);
    flipped[withoutEnd - 10] = (flipped[withoutEnd - 10] ?? 0) ^ 1;
    await expect(pixelsOf(flipped)).rejects.toThrow('the PNG is damaged');
    const huge = Buffer.from(file);
    huge.writeUInt32BE(0x7fffffff, 16);
    await expect(pixelsOf(huge)).rejects.toThrow('more than 1,073,741,824 pixels');
  });

  it('is refused when its lower half is missing, also where that half is not looked at', async () => {
    const tall = await sharp(Buffer.from(Array.from({ length: 3 * 8 * 400 }, (_, index) => (index * 7919) % 251)), {
      raw: { width: 8, height: 400, channels: 3 },
    })
      .png()
      .toBuffer();
    await expect(pixelsOf(tall.subarray(0, Math.floor(tall.length * 0.8)), 8)).rejects.toThrow('the file is cut short');
  });
});

async function profileOf(name: string): Promise<Buffer> {
  const tagged = await sharp({ create: { width: 1, height: 1, channels: 3, background: 'red' } })
    .withIccProfile(name)
    .png()
    .toBuffer();
  const { icc } = await sharp(tagged).metadata();
  return icc ?? Buffer.alloc(0);
}
