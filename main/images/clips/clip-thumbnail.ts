/** Thumbnails of a clip: its middle frame, and an animation of some of its frames. */
import type { OutputInfo, Sharp } from 'sharp';
import { at } from '../../at.ts';
import { valueAt } from '../../value-at.ts';
import { BACKDROP, smallJpeg, within } from '../decode.ts';
import { undecodable } from '../image-failures.ts';
import { type ImageLocator, type OpenImage, withOpenImage } from '../image-locator.ts';
import { readWhole } from '../open-bytes.ts';
import { sharp } from '../sharp-setup.ts';
import { CLIP_FORMATS } from './clip-formats.ts';
import { type ClipSource, clipSource, partOf } from './clip-source.ts';
import { evenFrames } from './even-frames.ts';
import { videoFrames } from './video-file.ts';

/** By the format's name in the catalogue. */
export function isClip(format: string): boolean {
  return CLIP_FORMATS.some((name) => name === format);
}

/** A JPEG with the clip's own proportions. Throws `ImageUnreadable` or `ImageUnreachable`. */
export async function clipThumbnail(image: ImageLocator, longSidePx: number): Promise<Buffer> {
  return await withFrames(image, 1, async ([middle]) =>
    smallJpeg((middle as Sharp).flatten({ background: BACKDROP }), longSidePx),
  );
}

/** Frames of an animation; a longer clip is shown faster. */
const MOST_SHOWN_FRAMES = 16;
/** Few frames shown for a shorter time would flicker. */
const [LEAST_FRAME_MS, LOOP_MS] = [80, 1600];

/** A looping animated WebP with the clip's own proportions. Throws as `clipThumbnail` does. */
export async function movingThumbnail(image: ImageLocator, longSidePx: number): Promise<Buffer> {
  return await withFrames(image, MOST_SHOWN_FRAMES, async (frames) => {
    const drawn: { readonly data: Buffer; readonly info: OutputInfo }[] = [];
    for (const frame of frames) {
      const small = frame.flatten({ background: BACKDROP }).toColourspace('srgb').resize(within(longSidePx));
      drawn.push(await small.raw().toBuffer({ resolveWithObject: true }));
    }
    const { width, height: pageHeight, channels } = at(drawn, 0).info;
    const strip = Buffer.concat(drawn.map(({ data }) => data));
    const raw = { width, height: pageHeight * drawn.length, channels, pageHeight };
    const delay = drawn.map(() => Math.max(LEAST_FRAME_MS, Math.round(LOOP_MS / drawn.length)));
    return await sharp(strip, { raw }).webp({ quality: 75, effort: 1, loop: 0, delay }).toBuffer();
  });
}

async function withFrames<Made>(
  image: ImageLocator,
  wanted: number,
  make: (frames: readonly Sharp[]) => Promise<Made>,
): Promise<Made> {
  return await withOpenImage(image, async (open) => {
    const source = await clipSource(image, open);
    try {
      return await make(await evenlyTaken(source, open, wanted));
    } catch (error) {
      throw undecodable(error, 'webp');
    }
  });
}

/** The wanted number of frames, evenly spaced in time; all of them if the clip has fewer. */
async function evenlyTaken(source: ClipSource, open: OpenImage, wanted: number): Promise<Sharp[]> {
  switch (source.kind) {
    case 'frames': {
      const places = evenFrames(source.frames.length, Math.min(wanted, source.frames.length));
      return await Promise.all(
        places.map(async (place) => sharp(await readWhole(partOf(open, at(source.frames, place)))).rotate()),
      );
    }
    case 'animation': {
      const places = evenFrames(source.frames, Math.min(wanted, source.frames), source.delays);
      return places.map((page) => sharp(source.file, { page }));
    }
    case 'video': {
      const places = evenFrames(source.video.frames, Math.min(wanted, source.video.frames));
      const found = await videoFrames(source.path, places);
      return places.map((place) => {
        const { widthPx: width, heightPx: height, pixels } = valueAt(found, place);
        return sharp(pixels, { raw: { width, height, channels: 3 } });
      });
    }
    default:
      return source satisfies never;
  }
}
