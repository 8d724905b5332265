/** Clones of repositories with large files often have only pointers to them, text files of about 130 bytes. */
const POINTER_BEGINS = Buffer.from('version https://git-lfs');
const LEAST_BYTES = 9;

/** In words that follow a colon; undefined for anything else. */
export function pointerFault(start: Uint8Array): string | undefined {
  const length = Math.min(start.length, POINTER_BEGINS.length);
  if (length < LEAST_BYTES || POINTER_BEGINS.compare(start, 0, length, 0, length) !== 0) return undefined;
  return 'it is only a Git LFS pointer to the file, which git lfs pull fetches';
}
