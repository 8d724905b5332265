/**
 * The supported formats. README, the reasons for unsupported files, and the folder chooser's counts are derived from
 * this list. `revision` is incremented whenever any file of the format gets other pixels than before: cached pixels of
 * an earlier revision are made again, and a run that used them is not reused.
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

/**
 * Version of how pictures become squares: features that external networks computed from squares of an earlier one are
 * computed again.
 */
export const SQUARES_REVISION = 2;

/** Version of which files the decoder refuses. Files refused by an earlier one are tried again. */
export const DECODER_REVISION = 2;

export type ImageFormat = (typeof IMAGE_FORMATS)[number]['name'];

/** By the catalogue's format name, which earlier versions also used for formats that are no longer supported. */
export function pixelRevisionOf(format: string): number {
  return IMAGE_FORMATS.find(({ name }) => name === format)?.revision ?? DECODER_REVISION;
}

/** "JPEG, PNG, … and BMP". */
export const FORMAT_TITLES = new Intl.ListFormat('en-GB').format(IMAGE_FORMATS.map(({ title }) => title));
