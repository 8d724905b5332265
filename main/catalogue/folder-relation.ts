/** How two folders lie to each other, whatever path, link or mount of this machine they are named by. */
import { realpath, stat } from 'node:fs/promises';
import { dirname, sep } from 'node:path';
import { isObjectAddress, placePath } from '../object-address.ts';

export type Relation = 'same' | 'inside' | 'holds' | 'apart';

/** A folder that is gone is known by the path it had. */
export async function realFolder(folder: string): Promise<string> {
  const path = placePath(folder);
  if (isObjectAddress(path)) return path;
  return await realpath(path).catch(() => path);
}

/** What the first is to the second: inside it, or holding it. */
export async function relationOf(one: string, other: string): Promise<Relation> {
  const [first, second] = [await realFolder(one), await realFolder(other)];
  if (first === second) return 'same';
  if (contains(second, first)) return 'inside';
  if (contains(first, second)) return 'holds';
  if (isObjectAddress(first) || isObjectAddress(second)) return 'apart';
  // By another mount the path says nothing; the numbers of the folders above do.
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

/** The folder's first, that of the top last; none for a folder that is not there. */
async function identitiesUpwards(folder: string): Promise<string[]> {
  const identities: string[] = [];
  for (let path = folder; ; path = dirname(path)) {
    const found = await stat(path, { bigint: true }).catch(() => undefined);
    if (!found || found.ino === 0n) return identities;
    identities.push(`${found.dev}:${found.ino}`);
    if (dirname(path) === path) return identities;
  }
}
