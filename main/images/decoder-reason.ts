/**
 * Translates messages of libvips and its loaders, which mention scanlines, plugins and seeks, into reasons that users
 * understand.
 */
import { IMAGE_FORMATS, type ImageFormat } from './image-formats.ts';
import { MOST_PIXELS } from './sharp-setup.ts';

const CUT = [
  /premature end of jpeg image/i,
  /unexpected end/i,
  /bad seek|seek error/i,
  /outside of file bounds|insufficient (input )?data|no compressed data/i,
  /read error at scanline|not enough data at scanline/i,
  /missing sos marker|contains no image/i,
];
const TOO_LARGE = [/exceeds pixel limit/i, /exceeds the maximum image size/i];
const NOT_SUPPORTED = [/unsupported feature|not supported by this decoder/i, /not implemented|not been built in/i];

export function decoderReason(message: string, format: ImageFormat): string {
  const says = (patterns: readonly RegExp[]) => patterns.some((pattern) => pattern.test(message));
  const title = IMAGE_FORMATS.find(({ name }) => name === format)?.title ?? format;
  if (says(TOO_LARGE)) return `the picture has more than ${MOST_PIXELS.toLocaleString('en')} pixels`;
  if (says(NOT_SUPPORTED)) return `this kind of ${title} is not supported: convert it to JPEG or PNG`;
  if (says(CUT)) return 'the file is cut short';
  return `the ${title} is damaged`;
}
