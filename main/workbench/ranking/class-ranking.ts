/**
 * A class's whole ranking in typed arrays: nine bytes per image, so that a million take nine megabytes and any window is a
 * slice. Read from the labelling's ranks, once per run, class and P; the least recently used are dropped.
 */
import type { Project } from '../../catalogue/project.ts';
import type { RankedRows } from '../../catalogue/rank-file.ts';

export interface ClassRanking extends RankedRows {
  readonly classId: number;
}

/** Ranks by image id, from 1, with 0 for none; kept as long as the ranking itself. */
const ranksKnown = new WeakMap<ClassRanking, Int32Array>();

/** Null if the ranking does not contain the image. */
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
  /** Ordered from the least recently used. */
  readonly #rankings = new Map<string, Ranked>();

  /** `topP` is at most the run's. */
  async ofClass(project: Project, runId: string, classId: number, topP: number): Promise<ClassRanking> {
    const key = keyOf(project, runId, classId, topP);
    return await (this.#used(key) ?? this.#keep(key, loadClass(project, runId, classId, topP)));
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
  const rows = await project.scores.ranking(runId, classId);
  const within = rows.places.reduce((count, place) => count + Number(place <= topP), 0);
  if (within === rows.places.length) return { classId, ...rows };
  const ranking = {
    ...{ classId, imageIds: new Int32Array(within) },
    ...{ scores: new Float32Array(within), places: new Uint8Array(within) },
  };
  let next = 0;
  for (let row = 0; row < rows.places.length; row++) {
    if ((rows.places[row] as number) > topP) continue;
    ranking.imageIds[next] = rows.imageIds[row] as number;
    ranking.scores[next] = rows.scores[row] as number;
    ranking.places[next++] = rows.places[row] as number;
  }
  return ranking;
}
