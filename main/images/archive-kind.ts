/** Recognises, by name, archives whose entries can be read by offset. */
export const archiveKinds = ['tar', 'zip'] as const;
export type ArchiveKind = (typeof archiveKinds)[number];

/** Compressed as a whole: an image in it has no position of its own. */
const COMPRESSED_WHOLE = /\.(tar\.(gz|bz2|xz|zst|lz4)|tgz|tbz2?|txz|tzst)$/i;

export function archiveKindOf(path: string): ArchiveKind | undefined {
  const lower = path.toLowerCase();
  return archiveKinds.find((kind) => lower.endsWith(`.${kind}`));
}

export function isCompressedWhole(path: string): boolean {
  return COMPRESSED_WHOLE.test(path);
}
