/**
 * What the guards set aside in a collection, found once and kept as long as the same images are compared. A large collection is
 * examined in the background: until then nothing counts as set aside, and `onFound` reports when it is done.
 */
import { createHash } from 'node:crypto';
import { stat } from 'node:fs/promises';
import { z } from 'zod';
import type { Project } from '../../catalogue/project.ts';
import { IdSet } from '../../id-set.ts';
import type { ComparedImages } from '../../images/repeats.ts';
import { pixelCacheName } from '../../images/squares.ts';
import { projectSquares } from '../../pipeline/project-squares.ts';
import { findRepeats } from '../../pipeline/repeats.ts';
import type { RunRecord } from '../../pipeline/run-record.ts';
import type { SelectionSettings, SetAside } from '../contract/ranks.ts';

type Guards = Pick<SelectionSettings, 'leakGuard' | 'nearDuplicateGuard'>;
type Found = Pick<SetAsideIds, 'get'>;

/** The images that the guards set aside, for lookups; of any number of images. */
export class SetAsideIds {
  readonly #excluded: IdSet;
  readonly #leaks: IdSet;

  constructor(excluded: Iterable<number> = [], leaks: IdSet = new IdSet()) {
    this.#excluded = new IdSet(excluded);
    this.#leaks = leaks;
  }

  get(imageId: number): SetAside | undefined {
    if (!this.#excluded.has(imageId)) return undefined;
    return this.#leaks.has(imageId) ? 'leak' : 'nearDuplicate';
  }
}

const NOTHING: Found = new SetAsideIds();
/** About half a second of comparing. */
const MOST_AWAITED = 20_000;
const MOST_KEPT = 8;

const withImageSize = z.object({ imageSizePx: z.number() });

export class SetAsideImages {
  readonly #onFound: (project: Project) => void;
  readonly #found = new Map<string, { readonly pending: Promise<Found>; ready: Found | undefined }>();

  constructor(onFound: (project: Project) => void) {
    this.#onFound = onFound;
  }

  async of(project: Project, compared: ComparedImages | undefined, guards: Guards): Promise<Found> {
    if (!compared || !(guards.leakGuard || guards.nearDuplicateGuard)) return NOTHING;
    const key = keyOf(compared, guards);
    let entry = this.#found.get(key);
    if (!entry) {
      const created: { readonly pending: Promise<Found>; ready: Found | undefined } = {
        pending: setAside(compared, guards),
        ready: undefined,
      };
      entry = created;
      this.#found.set(key, created);
      const [oldest] = this.#found.keys();
      if (this.#found.size > MOST_KEPT && oldest !== undefined) this.#found.delete(oldest);
      const awaited = compared.candidates.length <= MOST_AWAITED;
      created.pending.then(
        (found) => {
          created.ready = found;
          if (!awaited) this.#onFound(project);
        },
        () => this.#found.delete(key),
      );
    }
    if (entry.ready) return entry.ready;
    return compared.candidates.length <= MOST_AWAITED ? await entry.pending : NOTHING;
  }
}

/** Undefined when the pixels that the run was made from are no longer in the cache. */
export async function comparedImages(project: Project, labelRun: RunRecord): Promise<ComparedImages | undefined> {
  const recipe = withImageSize.safeParse(labelRun.recipe);
  if (!recipe.success) return undefined;
  const squares = projectSquares(project, recipe.data.imageSizePx);
  const cacheDirectory = project.path('cache', pixelCacheName(squares));
  if (!(await stat(cacheDirectory).catch(() => undefined))) return undefined;
  const { catalogue } = project;
  const test = await catalogue.labelledImages('test');
  // The same held-out set as in the method: a test folder if there is one, otherwise the images held out for validation.
  const heldOut = test.imageIds.length > 0 ? test : await catalogue.labelledImages('val');
  const candidates = await catalogue.imagesOfUnlabelledSources();
  return { candidates, heldOut: heldOut.imageIds, cache: { cacheDirectory, cacheSizePx: squares.sizePx } };
}

async function setAside(compared: ComparedImages, guards: Guards): Promise<Found> {
  const { excluded, leaks } = await findRepeats(compared, guards);
  return new SetAsideIds(excluded, leaks);
}

function keyOf({ candidates, heldOut, cache }: ComparedImages, { leakGuard, nearDuplicateGuard }: Guards): string {
  const hash = createHash('sha256').update(`${cache.cacheDirectory} ${leakGuard} ${nearDuplicateGuard}`);
  for (const { buffer, byteOffset, byteLength } of [candidates, heldOut]) {
    hash.update(`;${byteLength};`).update(new Uint8Array(buffer, byteOffset, byteLength));
  }
  return hash.digest('hex');
}
