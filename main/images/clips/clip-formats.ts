/**
 * The kinds of clips. The names are those of image formats in the catalogue; none of them is also a format of still
 * pictures. Their decoder revision is DECODER_REVISION, as for any name that is not among the formats of pictures.
 */
export const CLIP_FORMATS = ['frames', 'animated gif', 'animated webp', 'video'] as const;

export type ClipFormat = (typeof CLIP_FORMATS)[number];

/** Extensions of pictures that are frames of a clip if they are in one folder. A GIF or WebP is a clip by itself. */
export const FRAME_ENDINGS: ReadonlySet<string> = new Set([
  ...['.jpg', '.jpeg', '.jpe', '.jfif', '.png', '.tif', '.tiff', '.bmp', '.avif'],
]);

export const FEWEST_FRAMES = 2;
