/** The near-copies of each project, found once and kept until its images or their pixels change. */
import type { Project } from '../../catalogue/project.ts';
import { IdSet } from '../../id-set.ts';
import { findDuplicateGroups, type KnownPixels, newestPixels } from '../../pipeline/duplicate-groups.ts';
import type { DuplicateWindow } from '../contract/collection.ts';
import type { Page } from '../services.ts';

interface Found {
  readonly key: string;
  readonly groups: Promise<DuplicateWindow['groups']>;
}

export class DuplicateWindows {
  readonly #found = new WeakMap<Project, Found>();

  async window(project: Project, { offset, limit }: Page): Promise<DuplicateWindow> {
    const groups = await this.#groups(project);
    if (!groups) return { known: false, total: 0, offset, groups: [] };
    return { known: true, total: groups.length, offset, groups: groups.slice(offset, offset + limit) };
  }

  /** The other images of an image's group; empty while nothing is known. */
  async copiesOf(project: Project, imageId: number): Promise<readonly number[]> {
    const groups = await this.#groups(project);
    const group = groups?.find(({ imageIds }) => imageIds.includes(imageId));
    return group?.imageIds.filter((id) => id !== imageId) ?? [];
  }

  /** Undefined before any image was decoded. */
  async #groups(project: Project): Promise<DuplicateWindow['groups'] | undefined> {
    const pixels = await newestPixels(project);
    if (!pixels) return undefined;
    const { database } = project;
    const [state] = await database.rows(
      `SELECT count(*) AS images, bit_xor(hash(id, kind, split, bytes, modified_ms)) AS hash FROM usable_images`,
    );
    const key = `${pixels.directory} ${pixels.changedMs} ${state?.images} ${state?.hash}`;
    const known = this.#found.get(project);
    const found = known?.key === key ? known : { key, groups: this.#find(project, pixels) };
    this.#found.set(project, found);
    try {
      return await found.groups;
    } catch (error) {
      this.#found.delete(project);
      throw error;
    }
  }

  async #find({ database }: Project, pixels: KnownPixels): Promise<DuplicateWindow['groups']> {
    const ids = await database.integers('SELECT id FROM usable_images ORDER BY id');
    const heldOut = new IdSet(
      await database.integers("SELECT id FROM usable_images WHERE kind = 'labelled' AND split <> 'train'"),
    );
    const unlabelled = new IdSet(await database.integers("SELECT id FROM usable_images WHERE kind = 'unlabelled'"));
    const groups = await findDuplicateGroups(ids, pixels);
    return groups.map((imageIds) => ({
      imageIds,
      leak: imageIds.some((id) => heldOut.has(id)) && imageIds.some((id) => unlabelled.has(id)),
    }));
  }
}
