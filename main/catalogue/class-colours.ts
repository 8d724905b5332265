import { at } from '../at.ts';

/**
 * Default colours of classes until the user chooses others: the eight of Okabe and Ito (2008) without black, then those
 * of Paul Tol's “muted” scheme, all distinguishable with colour-vision deficiencies. They repeat after sixteen.
 */
const PALETTE = [
  '#0072b2',
  '#e69f00',
  '#009e73',
  '#d55e00',
  '#56b4e9',
  '#cc79a7',
  '#f0e442',
  '#332288',
  '#88ccee',
  '#117733',
  '#882255',
  '#ddcc77',
  '#44aa99',
  '#cc6677',
  '#999933',
  '#aa4499',
] as const;

/** Chosen by class id, so that adding or removing other classes does not change it. */
export function defaultColour(classId: number): string {
  return at(PALETTE, classId % PALETTE.length);
}
