/** How two folders are related, whatever path, link or mount of this machine refers to them. */
import { realpath, stat } from 'node:fs/promises';
import { dirname, sep } from 'node:path';
import { isObjectAddress, placePath } from '../object-address.ts';

export type Relation = 'same' | 'inside' | 'holds' | 'apart';

/** A folder that no longer exists is identified by its former path. */
export async function realFolder(folder: string): Promise<string> {
  const path = placePath(folder);
  if (isObjectAddress(path)) return path;
  return await realpath(path).catch(() => path);
}

/** How the first folder relates to the second: `inside` means that the first lies in the second. */
export async function relationOf(one: string, other: string): Promise<Relation> {
  const [first, second] = [await realFolder(one), await realFolder(other)];
  if (first === second) return 'same';
  if (contains(second, first)) return 'inside';
  if (contains(first, second)) return 'holds';
  if (isObjectAddress(first) || isObjectAddress(second)) return 'apart';
  // Under another mount the path says nothing; the device and inode numbers of the parent folders do.
  const [above, aboveOther] = [await identitiesUpwards(first), await identitiesUpwards(second)];
  const [own, others] = [above[0], aboveOther[0]];
  if (own === undefined || others === undefined) return 'apart';
  if (own === others) return 'same';
  if (above.includes(others)) return 'inside';
  return aboveOther.includes(own) ? 'holds' : 'apart';
}

/** Both are real paths; a folder contains itself. */
export function contains(outer: string, inner: string): boolean {
  const parted = isObjectAddress(outer) ? '/' : sep;
  return inner === outer || inner.startsWith(outer.endsWith(parted) ? outer : outer + parted);
}

/** From the folder itself up to the root; empty if the folder does not exist. */
async function identitiesUpwards(folder: string): Promise<string[]> {
  const identities: string[] = [];
  for (let path = folder; ; path = dirname(path)) {
    const found = await stat(path, { bigint: true }).catch(() => undefined);
    if (!found || found.ino === 0n) return identities;
    identities.push(`${found.dev}:${found.ino}`);
    if (dirname(path) === path) return identities;
  }
}
