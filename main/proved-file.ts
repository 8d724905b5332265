/**
 * A file and its proof recorded elsewhere: its length and its checksum. Hashing a large file takes a while, so a file
 * already proved is hashed again only after the system reports a change.
 */
import { stat } from 'node:fs/promises';
import { z } from 'zod';
import { checksumOfFile, sha256OfFile } from './checksum.ts';
import { damageOfUnread } from './why-unread.ts';

export const fileProofSchema = z.object({
  bytes: z.int().min(0),
  /** `sha256:` of the bytes, or `xxh64:` of the file's identity and the bytes. */
  checksum: z.string().regex(/^(sha256:[0-9a-f]{64}|xxh64:[0-9a-f]{16})$/),
});

export type FileProof = Readonly<z.infer<typeof fileProofSchema>>;
export type ProofKind = 'sha256' | 'xxh64';

/** Each entry takes some 200 bytes. */
const MOST_REMEMBERED = 100_000;
/** By path: the state of the file when it matched its proof, and that proof. */
const proved = new Map<string, string>();

/** Throws the file system's error. */
export async function proofOf(path: string, identity: string, kind: ProofKind): Promise<FileProof> {
  if (kind === 'sha256') {
    const { bytes, sha256 } = await sha256OfFile(path);
    return { bytes, checksum: `sha256:${sha256}` };
  }
  const { bytes, checksum } = await checksumOfFile(path, identity);
  return { bytes, checksum: `xxh64:${checksum}` };
}

/** What is wrong with the file, phrased to stand in brackets; undefined if it matches `proof`. */
export async function damageOf(path: string, identity: string, proof: FileProof): Promise<string | undefined> {
  try {
    const { size, state } = await stateOf(path);
    if (size !== proof.bytes) {
      return size === 0 ? 'it is empty' : `it has ${size} bytes instead of ${proof.bytes}`;
    }
    const known = `${state} ${proof.checksum}`;
    if (proved.get(path) === known) return undefined;
    const kind = proof.checksum.startsWith('sha256:') ? 'sha256' : 'xxh64';
    const { checksum } = await proofOf(path, identity, kind);
    if (checksum !== proof.checksum) return 'its checksum does not match';
    remember(path, known);
    return undefined;
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? String(error.code) : undefined;
    if (code === undefined) throw error;
    return damageOfUnread(code);
  }
}

/** `state` changes with every write to the file and whenever another file takes its place. */
async function stateOf(path: string): Promise<{ size: number; state: string }> {
  const { dev, ino, size, mtimeNs, ctimeNs } = await stat(path, { bigint: true });
  return { size: Number(size), state: [dev, ino, size, mtimeNs, ctimeNs].join(' ') };
}

function remember(path: string, known: string): void {
  proved.delete(path);
  proved.set(path, known);
  const [oldest] = proved.keys();
  if (proved.size > MOST_REMEMBERED && oldest !== undefined) proved.delete(oldest);
}
