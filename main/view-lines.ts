/**
 * The view of an image's pixels that a device computes a network's input from: the numbers given for each row and each column
 * of the result. They are its position in the source (integers are pixel centres), and 1 if it is one of those whose crossings
 * are erased, a rectangle of zeros.
 */
export const viewLines = ['rows', 'columns', 'erasedRows', 'erasedColumns'] as const;

export type ViewLine = (typeof viewLines)[number];
