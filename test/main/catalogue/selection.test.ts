import { mkdirSync, mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createProject, type Project } from '../../../main/catalogue/project.ts';
import { loadSelection, saveSelection, selectTopK, writeSelection } from '../../../main/catalogue/selection.ts';
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

  it('equals a naive sort with vetoes, pins and images set aside, balanced or not, by score or at random, also as a file', async () => {
    let saved = 0;
    const looks = fc.record({
      k: fc.integer({ min: 1, max: 8 }),
      topP: fc.constantFrom(1, 2),
      order: fc.constantFrom('ranked' as const, 'random' as const),
      balanced: fc.boolean(),
      excludedImages: fc
        .uniqueArray(fc.integer({ min: 0, max: 60 }), { maxLength: 8 })
        .map((ids) => Int32Array.from(ids).sort()),
      seed: fc.integer(),
    });
    const pairs = fc
      .uniqueArray(fc.tuple(fc.integer({ min: 0, max: 60 }), fc.integer({ min: 0, max: 3 })), {
        selector: String,
        maxLength: 6,
      })
      .map((all) => ({
        imageIds: Int32Array.from(all, ([id]) => id),
        classIds: Int32Array.from(all, ([, one]) => one),
      }));
    await fc.assert(
      fc.asyncProperty(scoredImages, looks, pairs, pairs, async (images, look, vetoes, pins) => {
        const { runId, candidates } = await store(images);
        const asked = { ...query, ...look, vetoes, pins, runId };
        const isOf = ({ imageIds, classIds }: typeof pins, { image, classId }: Pick<Candidate, 'image' | 'classId'>) =>
          imageIds.some((id, place) => id === image && classIds[place] === classId);
        const mixed = ({ image }: Candidate) => mix32(image ^ mix32(look.seed));
        const inOrder = look.order === 'ranked' ? byRank : (a: Candidate, b: Candidate) => mixed(a) - mixed(b);
        const counting = candidates
          .filter((one) => one.rank <= (look.balanced ? look.topP : 1))
          .filter((one) => !look.excludedImages.includes(one.image) && !isOf(vetoes, one))
          .sort((a, b) => inOrder(a, b) || a.classId - b.classId);
        const kept = look.balanced
          ? [0, 1, 2, 3].flatMap((classId) => counting.filter((one) => one.classId === classId).slice(0, look.k))
          : counting.slice(0, look.k * 4);
        const added = [...pins.imageIds].flatMap((image, place) => {
          const classId = pins.classIds[place] ?? 0;
          const scored = candidates.find((one) => one.image === image && one.classId === classId);
          return kept.some((one) => one.image === image && one.classId === classId)
            ? []
            : [scored ?? { image, classId, score: 0, rank: 0 }];
        });
        const wanted = [...kept, ...added].sort((a, b) => a.classId - b.classId || inOrder(a, b));
        const { selection, perClass } = await selectTopK(project, asked);
        expect([...selection.imageIds]).toEqual(wanted.map(({ image }) => image));
        expect([...selection.classIds]).toEqual(wanted.map(({ classId }) => classId));
        expect([...selection.probabilities]).toEqual(wanted.map(({ score }) => Math.fround(score)));
        const written = `select-w${++saved}`;
        mkdirSync(project.path('runs', written), { recursive: true });
        expect(await writeSelection(project, written, asked)).toEqual({ selected: wanted.length, perClass });
        expect(await loadSelection(project, written)).toEqual(selection);
      }),
      { numRuns: 40, seed: 9 },
    );
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

  it('at random is the same for the same seed and differs for another', async () => {
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
