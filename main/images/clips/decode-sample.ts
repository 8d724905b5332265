/** What a pixel cache stores for an image of any kind: a square picture, or a number of square frames of a clip. */
import { at } from '../../at.ts';
import { decodeSquare, type Filter, squareFrames, squareOfBytes, squareOfRaw } from '../decode.ts';
import { ImageUnreadable } from '../image-failures.ts';
import { type ImageLocator, withOpenImage } from '../image-locator.ts';
import { openBytes, readWhole } from '../open-bytes.ts';
import type { Squares } from '../squares.ts';
import { type ClipSource, clipSource, partOf } from './clip-source.ts';
import { evenFrames } from './even-frames.ts';
import { videoFrames } from './video-file.ts';

/** Retries a read that may succeed the next time; the default is a single attempt. */
export type Tried = <T>(work: () => Promise<T>) => Promise<T>;

/**
 * [size, size, 3] for a picture, [frames, size, size, 3] for a clip. Throws `ImageUnreadable` or `ImageUnreachable`.
 */
export async function decodeSample(
  image: ImageLocator,
  { sizePx, filter, frames }: Squares,
  tried: Tried = (work) => work(),
): Promise<Uint8Array> {
  if (frames === undefined) return await decodeSquare(image, sizePx, () => tried(() => openBytes(image)), filter);
  const squares = await tried(() => clipFrames(image, sizePx, filter, frames));
  const clip = new Uint8Array(3 * frames * sizePx ** 2);
  for (const [place, square] of squares.entries()) clip.set(square, place * 3 * sizePx ** 2);
  return clip;
}

/** One square per frame. */
async function clipFrames(image: ImageLocator, sizePx: number, filter: Filter, frames: number): Promise<Uint8Array[]> {
  return await withOpenImage(image, async (open) => {
    const source: ClipSource = await clipSource(image, open);
    switch (source.kind) {
      case 'frames': {
        const places = evenFrames(source.frames.length, frames);
        const chosen = new Map<number, Uint8Array>();
        let size: string | undefined;
        for (const place of new Set(places)) {
          const part = at(source.frames, place);
          const frame = await squareOfBytes(await readWhole(partOf(open, part)), sizePx, filter).catch((error) => {
            if (error instanceof ImageUnreadable) throw new ImageUnreadable(`its frame ${part.name}: ${error.message}`);
            throw error;
          });
          size ??= frame.size;
          if (frame.size !== size) {
            throw new ImageUnreadable(`its frames are of different sizes (${size} and ${frame.size}, ${part.name})`);
          }
          chosen.set(place, frame.pixels);
        }
        return places.map((place) => chosen.get(place) as Uint8Array);
      }
      case 'animation': {
        const all = await squareFrames(source.file, sizePx, filter);
        return evenFrames(all.length, frames, source.delays).map((place) => at(all, place));
      }
      case 'video': {
        const places = evenFrames(source.video.frames, frames);
        const found = await videoFrames(source.path, places);
        const squares = new Map<number, Uint8Array>();
        for (const [place, raw] of found) squares.set(place, await squareOfRaw(raw, sizePx, filter));
        return places.map((place) => squares.get(place) as Uint8Array);
      }
      default:
        return source satisfies never;
    }
  });
}
