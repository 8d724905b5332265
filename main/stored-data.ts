/**
 * Files a project stores for itself are verified when opened. The code that owns a kind of file writes the checksum
 * with it, verifies it on opening, and returns a verdict on each file when the whole project is checked.
 */
import { ExpectedFailure } from './failure.ts';

export const STORED_KINDS = [
  'project',
  'catalogue',
  'recipe',
  'run',
  'model',
  'checkpoint',
  'curve',
  'scores',
  'pixels',
  'features',
  'thumbnail',
  'classification',
  'job',
] as const;

export type StoredKind = (typeof STORED_KINDS)[number];

export interface Damage {
  readonly kind: StoredKind;
  /** The file. */
  readonly path: string;
  /** The subject of a sentence: “The model of the run teacher-0123”. */
  readonly what: string;
  /** What is wrong with it, phrased to stand in brackets: “its checksum does not match”. */
  readonly damage: string;
  /** What the user can do: “bring it again with understudy bring”. */
  readonly wayOut: string;
}

/** A stored file is not as it was written. None of it was used. */
export class StoredDataDamaged extends ExpectedFailure {
  readonly damage: Damage;

  constructor(damage: Damage, options?: ErrorOptions) {
    super(`${damage.what} is damaged (${damage.path}: ${damage.damage}): ${damage.wayOut}.`, options);
    this.damage = damage;
  }
}

/** The outcome of checking one stored file. */
export type Verdict =
  | { readonly state: 'sound'; readonly kind: StoredKind; readonly path: string }
  /** Written by a version that kept no checksums: readable, but otherwise unverified. */
  | { readonly state: 'unproven'; readonly kind: StoredKind; readonly path: string }
  /** `remade`: the next run recreates it by itself from other data. */
  | ({ readonly state: 'damaged'; readonly remade: boolean } & Damage);

/** Opens a file and returns the verdict on it. `open` throws `StoredDataDamaged` if the file is damaged. */
export async function verdictOn(
  { kind, path, remade }: { readonly kind: StoredKind; readonly path: string; readonly remade: boolean },
  open: () => Promise<'sound' | 'unproven'>,
): Promise<Verdict> {
  try {
    return { state: await open(), kind, path };
  } catch (error) {
    if (!(error instanceof StoredDataDamaged)) throw error;
    return { state: 'damaged', remade, ...error.damage };
  }
}
