/**
 * The formats that are read. README, the reasons of what is not read, and the folder chooser's counts follow from this list.
 * `revision` is one more whenever any file of the format gets other pixels than before: cached pixels of an earlier revision
 * are made again, and a run that saw them is not taken over.
 */
export const IMAGE_FORMATS = [
  { name: 'jpeg', title: 'JPEG', endings: ['.jpg', '.jpeg', '.jpe', '.jfif'], revision: 2 },
  { name: 'png', title: 'PNG', endings: ['.png'], revision: 3 },
  { name: 'webp', title: 'WebP', endings: ['.webp'], revision: 2 },
  { name: 'tiff', title: 'TIFF', endings: ['.tif', '.tiff'], revision: 3 },
  { name: 'gif', title: 'GIF', endings: ['.gif'], revision: 2 },
  { name: 'avif', title: 'AVIF', endings: ['.avif'], revision: 3 },
  { name: 'bmp', title: 'BMP', endings: ['.bmp'], revision: 3 },
] as const;

/** Of how any picture becomes a square: what networks from elsewhere saw in squares of an earlier one is looked at again. */
export const SQUARES_REVISION = 2;

/** Of the decoder as a whole: which files it refuses. What an earlier one refused is tried again. */
export const DECODER_REVISION = 2;

export type ImageFormat = (typeof IMAGE_FORMATS)[number]['name'];

/** By the name in the catalogue, which earlier versions also gave to what is not read any more. */
export function pixelRevisionOf(format: string): number {
  return IMAGE_FORMATS.find(({ name }) => name === format)?.revision ?? DECODER_REVISION;
}

/** "JPEG, PNG, … and BMP". */
export const FORMAT_TITLES = new Intl.ListFormat('en-GB').format(IMAGE_FORMATS.map(({ title }) => title));
