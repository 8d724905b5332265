/** Where the copy of a project's catalogue lies (catalogue-copy.ts). */
import { dirname, join } from 'node:path';

export function copyFolder(directory: string): string {
  return join(directory, 'catalogue-copy');
}

/** What the copy has; written last. */
export function copyListPath(directory: string): string {
  return join(copyFolder(directory), 'copy.json');
}

/** Whether this is a file of the copy. */
export function isOfCopy(path: string, directory: string): boolean {
  return dirname(path) === copyFolder(directory);
}
