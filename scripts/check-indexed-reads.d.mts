/** Those in the text of one file; lines are counted from 1. */
export function defaultedReads(path: string, text: string): { line: number; text: string }[];
