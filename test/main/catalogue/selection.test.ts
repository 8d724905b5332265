import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createProject, type Project } from '../../../main/catalogue/project.ts';
import { loadSelection, saveSelection, selectTopK } from '../../../main/catalogue/selection.ts';
import { mix32 } from '../../../main/random.ts';

let project: Project;
let runs = 0;

beforeAll(async () => {
  project = await createProject(join(mkdtempSync(join(tmpdir(), 'understudy-selection-')), 'project'));
});
afterAll(async () => {
  await project.close();
});

/** Images with their classes, best first; scores from a small set, so that ties are common. */
const scoredImages = fc.array(
  fc.tuple(
    fc.shuffledSubarray([0, 1, 2, 3], { minLength: 3, maxLength: 3 }),
    fc.array(fc.integer({ min: 1, max: 8 }), { minLength: 3, maxLength: 3 }),
  ),
  { minLength: 1, maxLength: 30 },
);

interface Candidate {
  readonly image: number;
  readonly classId: number;
  readonly score: number;
  readonly rank: number;
}

async function store(
  images: readonly (readonly [number[], number[]])[],
): Promise<{ runId: string; candidates: Candidate[] }> {
  const runId = `label-${runs++}`;
  const topP = 3;
  const candidates = images.flatMap(([classes, scores], image) => {
    const sorted = [...scores].sort((a, b) => b - a);
    return classes.map((classId, index) => ({
      image: 3 * image + 1,
      classId,
      score: (sorted[index] ?? 0) / 8,
      rank: index + 1,
    }));
  });
  const half = Math.ceil(images.length / 2) * topP;
  for (const [partition, rows] of [candidates.slice(0, half), candidates.slice(half)].entries()) {
    if (rows.length === 0) continue;
    await project.scores.writePartition(runId, partition, {
      imageIds: Int32Array.from(
        rows.filter(({ rank }) => rank === 1),
        ({ image }) => image,
      ),
      topP,
      classIds: Int32Array.from(rows, ({ classId }) => classId),
      probabilities: Float32Array.from(rows, ({ score }) => score),
    });
  }
  return { runId, candidates };
}

const byRank = (a: Candidate, b: Candidate) => b.score - a.score || a.image - b.image;
const query = {
  topP: 2,
  classIds: [0, 1, 2, 3],
  order: 'ranked',
  balanced: true,
  excludedImages: new Int32Array(),
  seed: 0,
} as const;

describe('the selection', () => {
  it('equals a naive sort, whatever the scores', async () => {
    await fc.assert(
      fc.asyncProperty(scoredImages, fc.integer({ min: 1, max: 12 }), async (images, k) => {
        const { runId, candidates } = await store(images);
        const { selection, perClass } = await selectTopK(project, { ...query, runId, k });
        const wanted = [0, 1, 2, 3].map((classId) =>
          candidates.filter((one) => one.classId === classId && one.rank <= query.topP).sort(byRank),
        );
        const kept = wanted.flatMap((ranked) => ranked.slice(0, k));
        expect([...selection.imageIds]).toEqual(kept.map(({ image }) => image));
        expect([...selection.classIds]).toEqual(kept.map(({ classId }) => classId));
        expect(perClass).toEqual(
          wanted.map((ranked, classId) => ({ classId, candidates: ranked.length, kept: Math.min(k, ranked.length) })),
        );
      }),
      { numRuns: 25, seed: 7 },
    );
  });

  it('without balance keeps the best images of any class', async () => {
    const { runId, candidates } = await store([
      [
        [0, 1, 2],
        [8, 2, 1],
      ],
      [
        [0, 1, 2],
        [7, 2, 1],
      ],
      [
        [0, 1, 2],
        [6, 2, 1],
      ],
      [
        [1, 0, 2],
        [5, 2, 1],
      ],
      [
        [2, 0, 1],
        [4, 2, 1],
      ],
    ]);
    const { selection } = await selectTopK(project, { ...query, runId, k: 1, classIds: [0, 1, 2], balanced: false });
    const wanted = candidates
      .filter(({ rank }) => rank === 1)
      .sort(byRank)
      .slice(0, 3);
    expect([...selection.imageIds]).toEqual(wanted.map(({ image }) => image));
  });

  it('leaves out excluded images', async () => {
    const { runId } = await store([
      [
        [0, 1, 2],
        [8, 2, 1],
      ],
      [
        [0, 1, 2],
        [7, 2, 1],
      ],
    ]);
    const { selection } = await selectTopK(project, { ...query, runId, k: 5, excludedImages: Int32Array.of(1) });
    expect([...selection.imageIds]).toEqual([4, 4]);
  });

  it('at random is the same for the same seed and another for another', async () => {
    const images = Array.from(
      { length: 40 },
      () =>
        [
          [0, 1, 2],
          [5, 5, 5],
        ] as [number[], number[]],
    );
    const { runId } = await store(images);
    const draw = async (seed: number) => [
      ...(await selectTopK(project, { ...query, runId, k: 10, order: 'random', seed })).selection.imageIds,
    ];
    expect(await draw(1)).toEqual(await draw(1));
    expect(await draw(1)).not.toEqual(await draw(2));
  });

  it('at random equals a naive sort by the mixed ids, whatever the seed', async () => {
    await fc.assert(
      fc.asyncProperty(scoredImages, fc.integer(), fc.integer({ min: 1, max: 12 }), async (images, seed, k) => {
        const { runId, candidates } = await store(images);
        const { selection } = await selectTopK(project, { ...query, runId, k, order: 'random', seed });
        const mixed = ({ image }: Candidate) => mix32(image ^ mix32(seed));
        const kept = [0, 1, 2, 3].flatMap((classId) =>
          candidates
            .filter((one) => one.classId === classId && one.rank <= query.topP)
            .sort((a, b) => mixed(a) - mixed(b))
            .slice(0, k),
        );
        expect([...selection.imageIds]).toEqual(kept.map(({ image }) => image));
      }),
      { numRuns: 15, seed: 11 },
    );
  });

  it('comes back from disk as it was saved', async () => {
    const { runId } = await store([
      [
        [0, 1, 2],
        [8, 2, 1],
      ],
    ]);
    const { selection } = await selectTopK(project, { ...query, runId, k: 5 });
    const { mkdir } = await import('node:fs/promises');
    await mkdir(project.path('runs', 'select-1'), { recursive: true });
    await saveSelection(project, 'select-1', selection, Int32Array.of(7));
    expect(await loadSelection(project, 'select-1')).toEqual(selection);
  });

  it('counts only partitions that are marked done', async () => {
    const { runId } = await store([
      [
        [0, 1, 2],
        [8, 2, 1],
      ],
    ]);
    const { rm } = await import('node:fs/promises');
    await rm(project.path('scores', runId, 'part-00000.parquet.done'));
    expect(await project.scores.partitions(runId)).toEqual([]);
  });
});
