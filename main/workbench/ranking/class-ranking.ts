/**
 * A class's whole ranking in typed arrays: nine bytes an image, so that a million take nine megabytes and any window of it is
 * a slice. Loaded once per labelling run, class and P; those used longest ago are let go.
 */
import { at } from '../../at.ts';
import type { Project } from '../../catalogue/project.ts';

export interface ClassRanking {
  readonly classId: number;
  /** Best score first, equal scores in the order of the ids. */
  readonly imageIds: Int32Array;
  readonly scores: Float32Array;
  /** The class's place among the image's own classes, from 1. */
  readonly places: Uint8Array;
}

/** Ranks by image id, from 1 and 0 where there is none; kept for as long as the ranking is. */
const ranksKnown = new WeakMap<ClassRanking, Int32Array>();

/** Null when the ranking does not have the image. */
export function rankOfImage(ranking: ClassRanking, imageId: number): number | null {
  let ranks = ranksKnown.get(ranking);
  if (!ranks) {
    const made = new Int32Array(ranking.imageIds.reduce((most, id) => Math.max(most, id), -1) + 1);
    ranking.imageIds.forEach((id, place) => {
      made[id] = place + 1;
    });
    ranksKnown.set(ranking, made);
    ranks = made;
  }
  return ranks[imageId] || null;
}

const MOST_BYTES = 512 * 2 ** 20;
const BYTES_AN_IMAGE = 9;

interface Ranked {
  readonly ranking: Promise<ClassRanking>;
  bytes: number;
}

export class RankingCache {
  /** The one used longest ago first. */
  readonly #rankings = new Map<string, Ranked>();

  /** `topP` is at most the run's. */
  async ofClass(project: Project, runId: string, classId: number, topP: number): Promise<ClassRanking> {
    const key = keyOf(project, runId, classId, topP);
    return await (this.#used(key) ?? this.#keep(key, loadClass(project, runId, classId, topP)));
  }

  /** In the order of `classIds`. One query for all, where more than one is not here yet. */
  async ofClasses(
    project: Project,
    runId: string,
    classIds: readonly number[],
    topP: number,
  ): Promise<readonly ClassRanking[]> {
    const missing = classIds.filter((classId) => !this.#rankings.has(keyOf(project, runId, classId, topP)));
    if (missing.length > 1) {
      const loaded = loadClasses(project, runId, missing, topP);
      for (const classId of missing) {
        const own = loaded.then((rankings) => rankings.get(classId) ?? emptyRanking(classId));
        void this.#keep(keyOf(project, runId, classId, topP), own).catch(() => {});
      }
      // Awaited here too, so that a failure is the caller's.
      const rankings = await loaded;
      return await Promise.all(
        classIds.map((classId) => rankings.get(classId) ?? this.ofClass(project, runId, classId, topP)),
      );
    }
    return await Promise.all(classIds.map((classId) => this.ofClass(project, runId, classId, topP)));
  }

  #used(key: string): Promise<ClassRanking> | undefined {
    const known = this.#rankings.get(key);
    if (!known) return undefined;
    this.#rankings.delete(key);
    this.#rankings.set(key, known);
    return known.ranking;
  }

  #keep(key: string, ranking: Promise<ClassRanking>): Promise<ClassRanking> {
    const entry: Ranked = { ranking, bytes: 0 };
    this.#rankings.set(key, entry);
    ranking.then(
      ({ imageIds }) => {
        entry.bytes = BYTES_AN_IMAGE * imageIds.length;
        this.#letGo();
      },
      () => this.#rankings.delete(key),
    );
    return ranking;
  }

  #letGo(): void {
    let bytes = 0;
    for (const ranked of this.#rankings.values()) bytes += ranked.bytes;
    for (const [key, ranked] of this.#rankings) {
      if (bytes <= MOST_BYTES || this.#rankings.size === 1) return;
      this.#rankings.delete(key);
      bytes -= ranked.bytes;
    }
  }
}

function keyOf(project: Project, runId: string, classId: number, topP: number): string {
  return `${project.directory} ${runId} ${classId} ${topP}`;
}

async function loadClass(project: Project, runId: string, classId: number, topP: number): Promise<ClassRanking> {
  const [imageIds, scores, places] = await project.database.columns(
    [Int32Array, Float32Array, Uint8Array],
    `SELECT image_id, probability, rank_in_image FROM ${await project.scores.table(runId)}
     WHERE class_id = ? AND rank_in_image <= ? ORDER BY probability DESC, image_id`,
    [classId, topP],
  );
  return {
    classId,
    imageIds,
    scores,
    places,
  };
}

async function loadClasses(
  project: Project,
  runId: string,
  classIds: readonly number[],
  topP: number,
): Promise<Map<number, ClassRanking>> {
  const [classes, imageIds, scores, places] = await project.database.columns(
    [Int32Array, Int32Array, Float32Array, Uint8Array],
    `SELECT class_id, image_id, probability, rank_in_image FROM ${await project.scores.table(runId)}
     WHERE class_id IN (${classIds.join()}) AND rank_in_image <= ? ORDER BY class_id, probability DESC, image_id`,
    [topP],
  );
  const rankings = new Map<number, ClassRanking>();
  for (let first = 0; first < classes.length; ) {
    const classId = at(classes, first);
    let end = first + 1;
    while (end < classes.length && classes[end] === classId) end++;
    rankings.set(classId, {
      classId,
      imageIds: imageIds.slice(first, end),
      scores: scores.slice(first, end),
      places: places.slice(first, end),
    });
    first = end;
  }
  return rankings;
}

function emptyRanking(classId: number): ClassRanking {
  return { classId, imageIds: new Int32Array(), scores: new Float32Array(), places: new Uint8Array() };
}
