/**
 * The near-copies of each project, found once and kept until its images or their pixels change. Near-copies by pixels are
 * available at once; those by a brought network's features follow when they have been compared, in the background.
 */
import {
  allUnlabelledImages,
  heldOutImages,
  usableImages,
  versionOfUsableImages,
} from '../../catalogue/images/usable-images.ts';
import type { Project } from '../../catalogue/project.ts';
import { DisjointSets } from '../../disjoint-sets.ts';
import { IdSet } from '../../id-set.ts';
import { findDuplicateGroups, newestPixels } from '../../pipeline/duplicate-groups.ts';
import { COMPARED_HERE } from '../../pipeline/repeats.ts';
import { eyesThatLooked, findSeenAlike } from '../../pipeline/seen-alike.ts';
import type { DuplicateGroup, DuplicateWindow } from '../contract/collection.ts';
import type { Page } from '../services.ts';

interface Found {
  readonly key: string;
  readonly byPixels: Promise<readonly DuplicateGroup[]>;
  /** All groups, including those by features. */
  readonly all: Promise<readonly DuplicateGroup[]>;
  ready: readonly DuplicateGroup[] | undefined;
  /** Of the comparison by pixels, if it takes long; null once it is done. */
  share: number | null;
}

export class DuplicateWindows {
  readonly #found = new WeakMap<Project, Found>();

  async window(project: Project, { offset, limit }: Page): Promise<DuplicateWindow> {
    const found = await this.#of(project);
    if (!found) return { known: false, share: null, comparing: false, total: 0, offset, groups: [] };
    const { share } = found;
    if (share !== null) return { known: true, share, comparing: true, total: 0, offset, groups: [] };
    const byPixels = await found.byPixels;
    const groups = found.ready ?? byPixels;
    const comparing = found.ready === undefined;
    const shown = groups.slice(offset, offset + limit);
    return { known: true, share, comparing, total: groups.length, offset, groups: shown };
  }

  /** The other images of an image's group; empty while nothing is known. */
  async copiesOf(project: Project, imageId: number): Promise<readonly number[]> {
    const found = await this.#of(project);
    const groups = found && (found.ready ?? (await found.byPixels));
    const group = groups?.find(({ imageIds }) => imageIds.includes(imageId));
    return group?.imageIds.filter((id) => id !== imageId) ?? [];
  }

  /** All groups, once the comparison is done. */
  async compared(project: Project): Promise<readonly DuplicateGroup[]> {
    return (await (await this.#of(project))?.all) ?? [];
  }

  /** Undefined before any image was decoded. */
  async #of(project: Project): Promise<Found | undefined> {
    const pixels = await newestPixels(project);
    if (!pixels) return undefined;
    const eyes = await eyesThatLooked(project);
    const version = await versionOfUsableImages(project.database);
    const seen = eyes ? `${eyes.storeDirectory} ${eyes.changedMs}` : '';
    const key = `${pixels.directory} ${pixels.changedMs} ${version} ${seen}`;
    const known = this.#found.get(project);
    if (known?.key === key) return known;
    const ids = await usableImages(project.database);
    const asPixels = findDuplicateGroups(ids, pixels, (share) => (found.share = share));
    const byPixels = asPixels.then((groups) => marked(project, groups, groups)).finally(() => (found.share = null));
    const all = asPixels.then(async (groups) => {
      const alike = eyes ? await findSeenAlike(ids, eyes) : [];
      return alike.length === 0 ? await byPixels : await marked(project, joined(ids, groups, alike), groups);
    });
    const found: Found = { key, byPixels, all, ready: undefined, share: ids.length > COMPARED_HERE ? 0 : null };
    this.#found.set(project, found);
    const forget = () => this.#found.get(project) === found && this.#found.delete(project);
    byPixels.catch(forget);
    // If the features were damaged or removed meanwhile, only the groups by pixels remain.
    all
      .catch(() => byPixels)
      .then((groups) => (found.ready = groups))
      .catch(forget);
    return found;
  }
}

/** Merges groups that share an image. @param ids sorted */
function joined(ids: Int32Array, ...found: readonly (readonly number[][])[]): number[][] {
  const sets = new DisjointSets(ids.length);
  for (const group of found.flat()) {
    const first = placeAmong(ids, group[0]);
    for (const id of group) {
      const place = placeAmong(ids, id);
      if (first !== undefined && place !== undefined) sets.join(first, place);
    }
  }
  return sets.groups(ids);
}

function placeAmong(sorted: Int32Array, id: number | undefined): number | undefined {
  if (id === undefined) return undefined;
  let [low, high] = [0, sorted.length];
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((sorted[middle] as number) < id) low = middle + 1;
    else high = middle;
  }
  return sorted[low] === id ? low : undefined;
}

async function marked(
  { database }: Project,
  groups: readonly number[][],
  byPixels: readonly number[][],
): Promise<DuplicateGroup[]> {
  const heldOut = new IdSet(await heldOutImages(database));
  const unlabelled = new IdSet(await allUnlabelledImages(database));
  const asPixels = new Set(byPixels.map((imageIds) => imageIds.join()));
  return groups.map((imageIds) => ({
    imageIds,
    leak: imageIds.some((id) => heldOut.has(id)) && imageIds.some((id) => unlabelled.has(id)),
    by: asPixels.has(imageIds.join()) ? 'pixels' : 'eyes',
  }));
}
