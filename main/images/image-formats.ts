/**
 * The formats that are read. README, the reasons of what is not read, and the folder chooser's counts follow from this list.
 * `revision` is one more whenever any file of the format gets other pixels than before: cached pixels of an earlier revision
 * are made again, and a run that saw them is not taken over.
 */
export const IMAGE_FORMATS = [
  { name: 'jpeg', title: 'JPEG', endings: ['.jpg', '.jpeg', '.jpe', '.jfif'], revision: 1 },
  { name: 'png', title: 'PNG', endings: ['.png'], revision: 2 },
  { name: 'webp', title: 'WebP', endings: ['.webp'], revision: 1 },
  { name: 'tiff', title: 'TIFF', endings: ['.tif', '.tiff'], revision: 2 },
  { name: 'gif', title: 'GIF', endings: ['.gif'], revision: 1 },
  { name: 'avif', title: 'AVIF', endings: ['.avif'], revision: 2 },
  { name: 'bmp', title: 'BMP', endings: ['.bmp'], revision: 2 },
] as const;

/** Of the decoder as a whole: which files it refuses. What an earlier one refused is tried again. */
export const DECODER_REVISION = 2;

export type ImageFormat = (typeof IMAGE_FORMATS)[number]['name'];

/** By the name in the catalogue, which earlier versions also gave to what is not read any more. */
export function pixelRevisionOf(format: string): number {
  return IMAGE_FORMATS.find(({ name }) => name === format)?.revision ?? DECODER_REVISION;
}

/** "JPEG, PNG, … and BMP". */
export const FORMAT_TITLES = new Intl.ListFormat('en-GB').format(IMAGE_FORMATS.map(({ title }) => title));
