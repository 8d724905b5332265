/**
 * The kind of a clip's bytes: a folder of frames, an animated GIF or WebP, or a video, which ffmpeg inspects. Anything
 * else is refused with the reason.
 */
import { messageOf } from '../../failure.ts';
import { ImageUnreadable, undecodable } from '../image-failures.ts';
import { type ImageLocator, imageName, type OpenImage } from '../image-locator.ts';
import { inspectImage } from '../inspect-image.ts';
import { readWhole } from '../open-bytes.ts';
import { inMemory } from '../random-access.ts';
import { readHeader } from '../read-header.ts';
import { MOST_PIXELS, sharp } from '../sharp-setup.ts';
import { type ClipFormat, FEWEST_FRAMES } from './clip-formats.ts';
import { type FramePart, framesListed } from './frame-folder.ts';
import { isVideo, type Video, videoAt } from './video-file.ts';

export type ClipSource =
  | { readonly kind: 'frames'; readonly frames: readonly FramePart[] }
  | { readonly kind: 'animation'; readonly file: Buffer; readonly frames: number; readonly delays: readonly number[] }
  | { readonly kind: 'video'; readonly path: string; readonly video: Video };

interface ClipHeader {
  readonly widthPx: number;
  readonly heightPx: number;
  readonly format: ClipFormat;
}

const HEAD_BYTES = 4096;
const GIF_TRAILER = 0x3b;
const STILL = 'a still picture beside clips: put the frames of a clip into a folder of their own';

/** Throws `ImageUnreadable` or `ImageUnreachable`. */
export async function clipSource(locator: ImageLocator, open: OpenImage): Promise<ClipSource & { header: ClipHeader }> {
  const frames = await framesListed(open);
  if (frames) return { kind: 'frames', frames, header: await headerOfFrames(frames, open) };
  const head = await open.read(0, Math.min(HEAD_BYTES, open.version.bytes));
  if (isVideo(head)) {
    if (locator.kind !== 'file') throw new ImageUnreadable('a video in an archive: unpack it to use it');
    const path = imageName(locator);
    const video = await videoAt(path);
    if (video.frames < FEWEST_FRAMES) throw new ImageUnreadable('a video of a single frame, which is not a clip');
    return { kind: 'video', path, video, header: { ...video, format: 'video' } };
  }
  return await animation(await readWhole(open));
}

async function headerOfFrames(frames: readonly FramePart[], open: OpenImage): Promise<ClipHeader> {
  const [first] = frames;
  if (!first || frames.length < FEWEST_FRAMES) {
    const found = frames.length === 0 ? 'no picture' : 'a single picture';
    throw new ImageUnreadable(`a folder of ${found}, but a clip has at least ${FEWEST_FRAMES} frames`);
  }
  const { widthPx, heightPx } = await readHeader(partOf(open, first)).catch((error: unknown) => {
    if (error instanceof ImageUnreadable) throw new ImageUnreadable(`its frame ${first.name}: ${error.message}`);
    throw error;
  });
  return { widthPx, heightPx, format: 'frames' };
}

/** A frame as an image by itself. */
export function partOf({ version, fileId, read }: OpenImage, { offset, bytes }: FramePart): OpenImage {
  return {
    version: { ...version, bytes },
    fileId,
    read: (from, length) => read(offset + from, Math.max(0, Math.min(length, bytes - from))),
  };
}

async function animation(file: Buffer): Promise<ClipSource & { header: ClipHeader }> {
  const { format } = await inspectImage(inMemory(file));
  if (format !== 'gif' && format !== 'webp') throw new ImageUnreadable(STILL);
  // A truncated animation must be rejected here: the decoder would return the frames that exist.
  if (format === 'gif' && !isEnded(file)) throw new ImageUnreadable('the file is cut short');
  try {
    const found = await sharp(file, { pages: -1, limitInputPixels: MOST_PIXELS }).metadata();
    const { pages: frames = 1, delay: delays = [], width, pageHeight, height } = found;
    if (frames < FEWEST_FRAMES) {
      const name = format === 'gif' ? 'GIF' : 'WebP';
      throw new ImageUnreadable(`a ${name} of a single picture, but a clip has at least ${FEWEST_FRAMES} frames`);
    }
    const header = { widthPx: width, heightPx: pageHeight ?? height, format: `animated ${format}` as const };
    return { kind: 'animation', file, frames, delays, header };
  } catch (error) {
    if (error instanceof ImageUnreadable) throw error;
    if (/pixel limit/i.test(messageOf(error))) throw new ImageUnreadable('an animation of too many pixels in all');
    throw undecodable(error, format);
  }
}

/** A GIF ends with its trailer, after which some programs write zeros. */
function isEnded(file: Buffer): boolean {
  let last = file.length - 1;
  while (last > 0 && file[last] === 0) last--;
  return file[last] === GIF_TRAILER;
}

/** For a scan. Throws `ImageUnreadable` for anything that is not a clip, or `ImageUnreachable`. */
export async function readClipHeader(locator: ImageLocator, open: OpenImage): Promise<ClipHeader> {
  return (await clipSource(locator, open)).header;
}
