/**
 * What a clip may be. The names are what the catalogue says of an image's format; no still picture has one of them.
 * `revision` of all: DECODER_REVISION, as for any name that is not among the formats of pictures.
 */
export const CLIP_FORMATS = ['frames', 'animated gif', 'animated webp', 'video'] as const;

export type ClipFormat = (typeof CLIP_FORMATS)[number];

/** Of pictures that are frames of a clip where they lie in one folder. A GIF or WebP is a clip by itself. */
export const FRAME_ENDINGS: ReadonlySet<string> = new Set([
  ...['.jpg', '.jpeg', '.jpe', '.jfif', '.png', '.tif', '.tiff', '.bmp', '.avif'],
]);

export const FEWEST_FRAMES = 2;
