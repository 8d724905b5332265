/** Where the copy of a project's catalogue lies (catalogue-copy.ts). */
import { dirname, join } from 'node:path';

export function copyFolder(directory: string): string {
  return join(directory, 'catalogue-copy');
}

/** Path of the list of what the copy contains; written last. */
export function copyListPath(directory: string): string {
  return join(copyFolder(directory), 'copy.json');
}

/** Whether this file belongs to the copy. */
export function isOfCopy(path: string, directory: string): boolean {
  return dirname(path) === copyFolder(directory);
}
