/**
 * How a file's numbers become pixels, decided from its header alone. docs/image-formats.md lists the rule for each kind
 * of file.
 */
export type PixelRule =
  /** The decoder's own conversion to 8-bit sRGB is right. */
  { readonly kind: 'asDecoded' } | BandRule;

/** The decoder delivers the file's numbers, of which these bands are the picture. */
export interface BandRule {
  readonly kind: 'bands';
  /** One band is grey, three are red, green and blue. */
  readonly colours: readonly number[];
  readonly alpha: number | null;
  /** The file's numbers: 8-bit levels, 16-bit levels, or float from 0 (black) to 1 (white). */
  readonly scale: 'levels8' | 'levels16' | 'unit';
  /** 0 is white. */
  readonly isInverted: boolean;
  /** All bands that the decoder delivers. */
  readonly bands: number;
}
