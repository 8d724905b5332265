/** How a file's numbers become pixels, decided from its header alone. docs/image-formats.md says which file gets which. */
export type PixelRule =
  /** The decoder's own conversion to 8-bit sRGB is right. */
  { readonly kind: 'asDecoded' } | BandRule;

/** The decoder gives the file's numbers, and these bands of them are the picture. */
export interface BandRule {
  readonly kind: 'bands';
  /** One band is grey, three are red, green and blue. */
  readonly colours: readonly number[];
  readonly alpha: number | null;
  /** What the file's numbers are: 8-bit levels, 16-bit levels, or float from 0 (black) to 1 (white). */
  readonly scale: 'levels8' | 'levels16' | 'unit';
  /** White is 0. */
  readonly isInverted: boolean;
  /** Of the file: all that the decoder gives. */
  readonly bands: number;
}
