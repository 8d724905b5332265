/**
 * What a project stores for itself proves itself when it is opened. Whoever writes a kind of file writes its checksum with
 * it, opens it verified and gives a verdict on each file to whoever checks the whole project.
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
  /** What it is, as a sentence begins: “The model of the run teacher-0123”. */
  readonly what: string;
  /** What is wrong with it, as it stands in brackets: “its checksum is another”. */
  readonly damage: string;
  /** What a person does: “bring it again with understudy bring”. */
  readonly wayOut: string;
}

/** Something stored is not what was written. Nothing of it was used. */
export class StoredDataDamaged extends ExpectedFailure {
  readonly damage: Damage;

  constructor(damage: Damage, options?: ErrorOptions) {
    super(`${damage.what} is damaged (${damage.path}: ${damage.damage}): ${damage.wayOut}.`, options);
    this.damage = damage;
  }
}

/** What checking one stored file gave. */
export type Verdict =
  | { readonly state: 'sound'; readonly kind: StoredKind; readonly path: string }
  /** Written by a version that kept no checksums: it can be read, and nothing more is known. */
  | { readonly state: 'unproven'; readonly kind: StoredKind; readonly path: string }
  /** `remade`: the next run makes it again by itself, from what is there. */
  | ({ readonly state: 'damaged'; readonly remade: boolean } & Damage);

/** The verdict that opening a file gives. `open` throws `StoredDataDamaged` where it is damaged. */
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
