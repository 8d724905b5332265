/** A small picture of a clip: the frame in its middle. */
import { at } from '../../at.ts';
import { valueAt } from '../../value-at.ts';
import { BACKDROP, smallJpeg } from '../decode.ts';
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
  return await withOpenImage(image, async (open) => {
    const source = await clipSource(image, open);
    try {
      return await smallJpeg((await middleFrame(source, open)).flatten({ background: BACKDROP }), longSidePx);
    } catch (error) {
      throw undecodable(error, 'webp');
    }
  });
}

async function middleFrame(source: ClipSource, open: OpenImage) {
  switch (source.kind) {
    case 'frames': {
      const [place] = evenFrames(source.frames.length, 1) as [number];
      return sharp(await readWhole(partOf(open, at(source.frames, place)))).rotate();
    }
    case 'animation': {
      const [page] = evenFrames(source.frames, 1, source.delays) as [number];
      return sharp(source.file, { page });
    }
    case 'video': {
      const [place] = evenFrames(source.video.frames, 1) as [number];
      const { widthPx: width, heightPx: height, pixels } = valueAt(await videoFrames(source.path, [place]), place);
      return sharp(pixels, { raw: { width, height, channels: 3 } });
    }
    default:
      return source satisfies never;
  }
}
