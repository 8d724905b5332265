import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { at } from '../../../main/at.ts';
import { readDecisions } from '../../../main/catalogue/decisions.ts';
import { type SelectionQuery, selectTopK } from '../../../main/catalogue/selection.ts';
import { IdSet } from '../../../main/id-set.ts';
import { keepRecipe } from '../../../main/pipeline/kept-recipe.ts';
import { applySettings, loadRecipe } from '../../../main/pipeline/recipe.ts';
import { selectablePins } from '../../../main/pipeline/select-stage.ts';
import { mix32 } from '../../../main/random.ts';
import type { RankedItem, SelectionSettings } from '../../../main/workbench/contract/ranks.ts';
import { NotFound } from '../../../main/workbench/failures.ts';
import { RankingCache } from '../../../main/workbench/ranking/class-ranking.ts';
import {
  addComparison,
  addDrawnImages,
  addImages,
  addLabelRun,
  addMillion,
  rankedProject,
  type Scored,
} from './ranked-project.ts';
import { closeContext } from './workbench-context.ts';

let made: Awaited<ReturnType<typeof rankedProject>>;
beforeEach(async () => {
  made = await rankedProject();
});
afterEach(async () => {
  await closeContext(made.context);
});

const settings: SelectionSettings = {
  k: 3,
  topP: 2,
  order: 'ranked',
  balanced: true,
  leakGuard: true,
  nearDuplicateGuard: true,
  precision: null,
};
const ALL = { offset: 0, limit: 1000 };
const RUN = 'label-00000001';

async function windowOf(classId: number, change: Partial<SelectionSettings> = {}) {
  return await made.ranks.window(made.projectId, RUN, classId, ALL, { ...settings, ...change });
}
async function act(decision: 'veto' | 'pin' | 'clearVerdict' | 'label', classId: number, imageIds: readonly number[]) {
  return await made.decisions.decide(made.projectId, { decision, classId, target: { kind: 'images', imageIds } });
}
const kept = (items: readonly RankedItem[]) => items.filter((item) => item.kept).map(({ imageId }) => imageId);

/** A class's images, one per row with falling scores, from id 3 on. */
async function oneClass(images: number): Promise<number[]> {
  const ids = await addImages(made.project, images);
  const rows = ids.map((imageId, place) => ({ imageId, classIds: [0], scores: [1 - place / images] }));
  await addLabelRun(made.project, RUN, rows);
  made.changed();
  return ids;
}

describe('the ranks', () => {
  it('show what the selection and a naive sort would take, whatever the scores, decisions and settings', async () => {
    const { project, projectId, ranks } = made;
    const ids = await addImages(project, 14);
    const row = fc.record({
      classes: fc.shuffledSubarray([0, 1, 2], { minLength: 2, maxLength: 2 }),
      scores: fc.array(fc.integer({ min: 1, max: 5 }), { minLength: 2, maxLength: 2 }),
    });
    const decision = fc.record({
      kind: fc.constantFrom('veto' as const, 'pin' as const, 'label' as const),
      classId: fc.constantFrom(0, 1, 2),
      images: fc.subarray(ids, { minLength: 1, maxLength: 4 }),
    });
    const looks = fc.record({
      k: fc.integer({ min: 1, max: 8 }),
      topP: fc.constantFrom(1, 2),
      order: fc.constantFrom('ranked' as const, 'random' as const),
      balanced: fc.boolean(),
    });
    await fc.assert(
      fc.asyncProperty(
        fc.array(row, { minLength: ids.length, maxLength: ids.length }),
        fc.array(decision, { maxLength: 4 }),
        looks,
        async (scored, acts, look) => {
          const rows = scored.map(({ classes, scores }, index) => ({
            imageId: ids[index] ?? 0,
            classIds: classes,
            scores: [...scores].sort((x, y) => y - x).map((score) => score / 8),
          }));
          await project.database.run('DELETE FROM decisions');
          await project.database.run('DELETE FROM actions');
          const runId = `label-${(++runs).toString().padStart(8, '0')}`;
          await addLabelRun(project, runId, rows);
          for (const one of acts) await act(one.kind, one.classId, one.images);
          made.changed();

          const wanted = naive(rows, acts, look);
          const change = { ...settings, ...look };
          const windows = await Promise.all(
            [0, 1, 2].map((classId) => ranks.window(projectId, runId, classId, ALL, change)),
          );
          expect(windows.map(({ items }) => items.map(({ imageId }) => imageId))).toEqual(
            wanted.map(({ ranked }) => ranked),
          );
          expect(windows.map(({ cutRank }) => cutRank)).toEqual(wanted.map(({ cutRank }) => cutRank));
          const shown = windows.map(({ items }) => kept(items).sort((x, y) => x - y));
          expect(shown).toEqual(wanted.map(({ taken, ranked }) => taken.filter((id) => ranked.includes(id))));
          const balance = await ranks.balance(projectId, runId, change);
          expect(balance.classes.map((one) => one.kept)).toEqual(wanted.map(({ taken }) => taken.length));

          const { vetoes, pins } = await readDecisions(project.database);
          const unlabelled = await project.catalogue.unlabelledImages();
          const all = { unlabelled, classIds: [0, 1, 2] };
          const { selection } = await selectTopK(project, {
            ...look,
            runId,
            classIds: all.classIds,
            // A real labelling would not have scored these at all.
            excludedImages: Int32Array.from(ids.filter((id) => !unlabelled.includes(id))),
            vetoes,
            pins: selectablePins(pins, all, new IdSet()),
            seed: 0,
          });
          const selected = [0, 1, 2].map((classId) =>
            [...selection.imageIds].filter((_, place) => selection.classIds[place] === classId).sort((x, y) => x - y),
          );
          expect(selected).toEqual(wanted.map(({ taken }) => taken));
        },
      ),
      { numRuns: 15, seed: 5 },
    );
  });

  it('know the rank of an image, even a vetoed one, and none of an unknown image', async () => {
    const { ranks, projectId } = made;
    await oneClass(5);
    await act('veto', 0, [4]);
    expect(await Promise.all([3, 4, 7, 1].map((id) => ranks.rankOf(projectId, RUN, 0, id)))).toEqual([1, 2, 5, null]);
    await expect(ranks.window(projectId, 'label-ffffffff', 0, ALL, {})).rejects.toThrow(NotFound);
  });

  it('come back as they were when an act is undone', async () => {
    await oneClass(8);
    const before = await windowOf(0);
    await act('veto', 0, [3, 4]);
    expect(kept((await windowOf(0)).items)).toEqual([5, 6, 7]);
    await made.decisions.undo(made.projectId);
    expect(await windowOf(0)).toEqual(before);
    await made.decisions.redo(made.projectId);
    expect((await windowOf(0)).cutRank).toBe(5);
  });

  it('are decided about by the displayed ranks, even with a smaller P', async () => {
    const { project, projectId, ranks, decisions } = made;
    const ids = await addImages(project, 4);
    // For class 0 the best two have it only as their second class.
    await addLabelRun(project, RUN, [
      { imageId: ids[0] ?? 0, classIds: [1, 0], scores: [0.5, 0.45] },
      { imageId: ids[1] ?? 0, classIds: [1, 0], scores: [0.5, 0.44] },
      { imageId: ids[2] ?? 0, classIds: [0, 1], scores: [0.4, 0.1] },
      { imageId: ids[3] ?? 0, classIds: [0, 1], scores: [0.3, 0.1] },
    ]);
    made.changed();
    await ranks.changeSettings(projectId, { topP: 1 });
    const shown = await ranks.window(projectId, RUN, 0, ALL, {});
    expect(shown.items.map(({ imageId }) => imageId)).toEqual([ids[2], ids[3]]);
    const target = { kind: 'ranks', labelRunId: RUN, classId: 0, firstRank: 1, lastRank: 2 } as const;
    const nowhere = { ...target, labelRunId: 'label-ffffffff' };
    await expect(decisions.decide(projectId, { decision: 'veto', classId: 0, target: nowhere })).rejects.toThrow(
      NotFound,
    );
    await decisions.decide(projectId, { decision: 'veto', classId: 0, target });
    const { items } = await ranks.window(projectId, RUN, 0, ALL, {});
    expect(items.map(({ verdict }) => verdict)).toEqual(['veto', 'veto']);
  });

  it('keep the chosen settings over the recipe’s and the paper’s', async () => {
    const { ranks, projectId } = made;
    await oneClass(50);
    const { settings: first, suggestedK } = await ranks.overview(projectId);
    expect(first).toMatchObject({ k: suggestedK, order: 'ranked', balanced: true });
    expect(await ranks.changeSettings(projectId, { k: 7, order: 'random' })).toMatchObject({ k: 7, order: 'random' });
    expect((await ranks.overview(projectId)).settings).toEqual({ ...first, k: 7, order: 'random' });
    expect((await ranks.balance(projectId, RUN, { k: 2 })).settings.k).toBe(2);
  });
});

describe('a share of the images, or a wanted precision,', () => {
  const shown = async () => ({
    items: (await windowOf(0, await made.ranks.changeSettings(made.projectId, {}))).items,
    balance: await made.ranks.balance(made.projectId, RUN, {}),
  });

  it('is what the selection would take', async () => {
    const { project, projectId, ranks } = made;
    const ids = await oneClass(40);
    await keepRecipe(
      project,
      applySettings(await loadRecipe('default'), ['select.share=0.4', 'seed=3', 'select.k=12']),
    );
    made.changed();
    const query = { topP: 2, classIds: [0], order: 'ranked', balanced: true, seed: 3, share: 0.4 } as const;
    const selected = async (more: Partial<SelectionQuery>) => {
      const asked = { ...query, k: 12, ...more, runId: RUN, excludedImages: new Int32Array() };
      return [...(await selectTopK(project, asked)).selection.imageIds];
    };
    const first = await shown();
    expect(kept(first.items)).toEqual(await selected({}));
    expect(first.balance).toMatchObject({ selected: kept(first.items).length, floors: null, byCurve: null });
    expect(kept(first.items).length).toBeLessThanOrEqual(12);
    // Not the first twelve of all.
    expect(kept(first.items)).not.toEqual(ids.slice(0, 12));

    // The first eight are right and the others are not: down to the tenth, four in five are right.
    for (const [place, imageId] of ids.slice(0, 20).entries()) {
      const answer = { imageId, rank: place + 1, correct: place < 8, otherClassId: null };
      await ranks.answerSpotCheck(projectId, RUN, 0, answer);
    }
    await ranks.changeSettings(projectId, { precision: 0.8 });
    const floors = { leastScores: new Map([[0, Math.fround(1 - 9 / 40)]]), atLeast: 1 };
    const second = await shown();
    expect(kept(second.items)).toEqual(await selected({ floors }));
    expect(kept(second.items).length).toBeLessThan(kept(first.items).length);
    expect(second.balance).toMatchObject({ floors: { spotChecks: 1, heldOut: 0 }, byCurve: { by: 'spotChecks' } });
    // Of the share, those among the first eight: beyond them one more is wrong more often than right.
    const { byCurve, settings: now } = second.balance;
    expect(byCurve?.k).toBe(
      (await selected({ floors: { ...floors, leastScores: new Map([[0, 1 - 7.5 / 40]]) } })).length,
    );
    expect(now.precision).toBe(0.8);
    expect(await ranks.changeSettings(projectId, { precision: null })).toMatchObject({ precision: null });
    expect(kept((await shown()).items)).toEqual(kept(first.items));
  });
});

let runs = 100;

describe('the guards', () => {
  it('set aside copies of held-out images and of each other, and a pin only overrides the latter', async () => {
    await addDrawnImages(made.project);
    const ids = [6, 7, 8, 9, 10, 11, 12, 13];
    const rows = ids.map((imageId, place) => ({ imageId, classIds: [0], scores: [1 - place / 10] }));
    await addLabelRun(made.project, RUN, rows);
    made.changed();
    const aside = async (change: Partial<SelectionSettings> = {}) =>
      (await windowOf(0, change)).items.filter((item) => item.setAside).map((item) => [item.imageId, item.setAside]);
    expect(await aside()).toEqual([
      [7, 'nearDuplicate'],
      [8, 'leak'],
    ]);
    expect(await aside({ leakGuard: false })).toEqual([[7, 'nearDuplicate']]);
    expect(await aside({ leakGuard: false, nearDuplicateGuard: false })).toEqual([]);
    expect(await windowOf(0)).toMatchObject({ cutRank: 5 });
    expect(kept((await windowOf(0)).items)).toEqual([6, 9, 10]);

    await act('pin', 0, [7, 8]);
    expect(kept((await windowOf(0)).items)).toEqual([6, 7, 9, 10]);
    expect((await made.ranks.balance(made.projectId, RUN, settings)).classes[0]).toMatchObject({
      kept: 4,
      setAside: 2,
    });
    await act('label', 1, [6]);
    const { items } = await windowOf(0);
    expect(kept(items)).toEqual([7, 9, 10, 11]);
    expect(items[0]).toMatchObject({ imageId: 6, labelledAs: 1, kept: false });
  });
});

describe('precision at K', () => {
  it('is estimated for each tenth, with the same draw until something is answered', async () => {
    const { ranks, projectId } = made;
    await oneClass(120);
    await ranks.changeSettings(projectId, { k: 100 });
    const draw = await ranks.drawSpotCheck(projectId, RUN, 0, 30);
    expect(await ranks.drawSpotCheck(projectId, RUN, 0, 30)).toEqual(draw);
    const tenths = Array.from({ length: 10 }, (_, part) =>
      draw.items.filter(({ rank }) => Math.ceil(rank / 10) === part + 1),
    );
    expect(tenths.map(({ length }) => length)).toEqual(Array.from({ length: 10 }, () => 3));
    expect(await ranks.precision(projectId, RUN, 0)).toMatchObject({
      k: 100,
      checked: 0,
      precision: null,
      interval: null,
    });

    for (const { imageId, rank } of draw.items) {
      await ranks.answerSpotCheck(projectId, RUN, 0, { imageId, rank, correct: rank <= 50, otherClassId: null });
    }
    const estimate = await ranks.precision(projectId, RUN, 0);
    expect(estimate).toMatchObject({ checked: 30, correct: 15, precision: 0.5 });
    expect(await ranks.precisions(projectId, RUN)).toEqual([
      { classId: 0, by: 'spotChecks', checked: 30, correct: 15 },
    ]);
    expect(estimate.interval?.[0]).toBeCloseTo(0.3315, 3);
    expect(estimate.parts.map((part) => [part.firstRank, part.checked, part.correct])).toEqual(
      Array.from({ length: 10 }, (_, part) => [10 * part + 1, 3, part < 5 ? 3 : 0]),
    );
    const again = await ranks.drawSpotCheck(projectId, RUN, 0, 30);
    const checked = new Set(draw.items.map(({ imageId }) => imageId));
    expect(again.items.filter(({ imageId }) => checked.has(imageId))).toEqual([]);
    await ranks.answerSpotCheck(projectId, RUN, 0, { imageId: 3, rank: 1, correct: true, otherClassId: null });
    await ranks.answerSpotCheck(projectId, RUN, 0, { imageId: 3, rank: 1, correct: false, otherClassId: 2 });
    expect((await ranks.precision(projectId, RUN, 0)).checked - 30).toBeLessThanOrEqual(1);
  });

  it('shows calibrated scores, and the precision of classes by held-out images, once the teacher was compared', async () => {
    const { ranks, projectId, project } = made;
    const ids = await addImages(project, 3);
    const scores = [
      [0.9, 0.06],
      [0.8, 0.1],
      [0.6, 0.3],
    ];
    await addLabelRun(
      project,
      RUN,
      ids.map((imageId, place) => ({ imageId, classIds: [0, 1], scores: at(scores, place) })),
    );
    made.changed();
    await ranks.changeSettings(projectId, { k: 2 });
    const before = await windowOf(0);
    expect(before.items.map(({ calibrated }) => calibrated)).toEqual([null, null, null]);
    expect(await ranks.precisions(projectId, RUN)).toEqual([]);

    const heldOut = [0.95, 0.85, 0.81, 0.7].map((best, place) => ({ best, truth: place < 2 ? 0 : 2 }));
    await addComparison(project, 'teacher-0001', 2, heldOut);
    made.changed();
    const { items } = await windowOf(0, { k: 2 });
    expect(items.map(({ imageId, score }) => [imageId, score.toFixed(2)])).toEqual(
      before.items.map(({ imageId, score }) => [imageId, score.toFixed(2)]),
    );
    // Three classes, of which the third gets the remainder to 1.
    const roots = [0.9, 0.06, 0.04].map(Math.sqrt);
    const shown = at(roots, 0) / roots.reduce((sum, root) => sum + root, 0);
    expect(items[0]?.calibrated).toBeCloseTo(shown, 5);
    const { classes } = await ranks.balance(projectId, RUN, {});
    expect(classes[0]?.calibratedAtCut).toBeCloseTo(items[1]?.calibrated ?? 0, 6);
    const [overview] = (await ranks.overview(projectId)).labelRuns;
    expect(overview?.temperature).toBe(2);
    const detail = await ranks.imageDetail(projectId, at(ids, 0));
    expect(detail.scores[0]?.classes[0]?.calibrated).toBeCloseTo(shown, 5);
    // At least as confident as the second, at 0.8: three held-out images, of which two belong to the class.
    expect(await ranks.precisions(projectId, RUN)).toEqual([{ classId: 0, by: 'heldOut', checked: 3, correct: 2 }]);
    await ranks.answerSpotCheck(projectId, RUN, 0, { imageId: at(ids, 0), rank: 1, correct: true, otherClassId: null });
    expect(await ranks.precisions(projectId, RUN)).toEqual([{ classId: 0, by: 'spotChecks', checked: 1, correct: 1 }]);
  });

  it('does not improve by vetoing wrong images: the unchecked images are unchanged', async () => {
    const { ranks, projectId } = made;
    await oneClass(120);
    await ranks.changeSettings(projectId, { k: 100 });
    const draw = await ranks.drawSpotCheck(projectId, RUN, 0, 30);
    for (const { imageId, rank } of draw.items) {
      await ranks.answerSpotCheck(projectId, RUN, 0, { imageId, rank, correct: rank % 2 === 0, otherClassId: null });
    }
    const before = await ranks.precision(projectId, RUN, 0);
    const wrong = draw.items.filter(({ rank }) => rank % 2 === 1).map(({ imageId }) => imageId);
    await act('veto', 0, wrong);
    const after = await ranks.precision(projectId, RUN, 0);
    expect([after.checked, after.correct]).toEqual([before.checked, before.correct]);
  });

  it('turns the other class given in an answer into the image’s label, and removes it with the answer', async () => {
    const { ranks, project, projectId } = made;
    await oneClass(40);
    await ranks.changeSettings(projectId, { k: 10 });
    const [wrong, right] = (await ranks.drawSpotCheck(projectId, RUN, 0, 2)).items;
    if (!wrong || !right) throw new Error('nothing was drawn');
    const labelOf = async () => {
      const { items } = await ranks.window(projectId, RUN, 0, ALL, {});
      return items[wrong.rank - 1]?.labelledAs;
    };
    await ranks.answerSpotCheck(projectId, RUN, 0, { ...right, correct: true, otherClassId: null });
    const answered = await ranks.answerSpotCheck(projectId, RUN, 0, { ...wrong, correct: false, otherClassId: 2 });
    expect([answered.checked, answered.correct, await labelOf()]).toEqual([2, 1, 2]);
    const back = await ranks.takeBackSpotCheck(projectId, RUN, 0, wrong.imageId);
    expect([back.checked, back.correct, await labelOf()]).toEqual([1, 1, null]);
    expect((await ranks.drawSpotCheck(projectId, RUN, 0, 40)).items.map(({ imageId }) => imageId)).toContain(
      wrong.imageId,
    );

    // A label given later is not removed with the answer.
    await ranks.answerSpotCheck(projectId, RUN, 0, { ...wrong, correct: false, otherClassId: 2 });
    await act('label', 1, [wrong.imageId]);
    await ranks.takeBackSpotCheck(projectId, RUN, 0, wrong.imageId);
    expect(await labelOf()).toBe(1);
    expect((await project.catalogue.unlabelledImages()).includes(wrong.imageId)).toBe(false);
  });

  it('draws from the images that a random selection takes', async () => {
    const { ranks, projectId } = made;
    await oneClass(60);
    await ranks.changeSettings(projectId, { k: 12, order: 'random' });
    const { items } = await ranks.window(projectId, RUN, 0, ALL, {});
    const draw = await ranks.drawSpotCheck(projectId, RUN, 0, 100);
    expect(draw.items.map(({ imageId }) => imageId).sort((a, b) => a - b)).toEqual(kept(items));
  });
});

it('two teachers differ by the images that enter, leave and move', async () => {
  const { project, projectId, ranks } = made;
  const ids = await addImages(project, 5);
  const run = async (id: string, order: readonly number[]) =>
    await addLabelRun(
      project,
      id,
      order.map((place, rank) => ({ imageId: ids[place] ?? 0, classIds: [0], scores: [1 - rank / 10] })),
    );
  await run(RUN, [0, 1, 2, 3]);
  await run('label-00000002', [1, 0, 4, 2, 3]);
  made.changed();
  await ranks.changeSettings(projectId, { k: 3 });
  expect(await ranks.changes(projectId, RUN, 'label-00000002', 0, ALL)).toEqual({
    entered: 1,
    left: 1,
    stayed: 2,
    items: [
      { imageId: ids[4], before: null, after: 3, change: 'entered' },
      { imageId: ids[2], before: 3, after: 4, change: 'left' },
      { imageId: ids[1], before: 2, after: 1, change: 'moved' },
      { imageId: ids[0], before: 1, after: 2, change: 'moved' },
    ],
  });
  const left = await ranks.changes(projectId, RUN, 'label-00000002', 0, ALL, 'left');
  expect(left.items.map(({ imageId }) => imageId)).toEqual([ids[2]]);
  const beside = await ranks.window(projectId, 'label-00000002', 0, ALL, {}, RUN);
  expect(beside.items.map(({ rankBeside }) => rankBeside)).toEqual([2, 1, null, 3, 4]);
});

it('the largest movements between two teachers come first', async () => {
  const { project, projectId, ranks } = made;
  const ids = await addImages(project, 40);
  const run = async (id: string, scoreOf: (place: number) => number) =>
    await addLabelRun(
      project,
      id,
      ids.map((imageId, place) => ({ imageId, classIds: [0], scores: [scoreOf(place)] })),
    );
  await run(RUN, (place) => 1 - place / 100);
  // Each tenth image falls to the mirrored position.
  await run('label-00000002', (place) => 1 - (place % 10 === 0 ? 39 - place : place) / 100);
  made.changed();
  await ranks.changeSettings(projectId, { k: 40 });
  const { items } = await ranks.changes(projectId, RUN, 'label-00000002', 0, ALL, 'moved');
  const distances = items.map(({ before, after }) => Math.abs((before ?? 0) - (after ?? 0)));
  expect(distances[0]).toBeGreaterThan(30);
  expect(distances).toEqual(distances.toSorted((a, b) => b - a));
});

it('an image has each teacher’s scores and the decisions about it', async () => {
  await oneClass(4);
  await act('veto', 0, [4]);
  await act('label', 1, [4]);
  expect(await made.ranks.imageDetail(made.projectId, 4)).toMatchObject({
    path: '0001.jpg',
    sourceKind: 'unlabelled',
    classIds: [1],
    labelSource: 'hand',
    verdicts: [{ classId: 0, verdict: 'veto' }],
    scores: [{ labelRunId: RUN, classes: [{ classId: 0, rank: 2 }] }],
  });
  await expect(made.ranks.imageDetail(made.projectId, 999)).rejects.toThrow(NotFound);
});

describe('the queue for labelling by hand', () => {
  it('is ordered by uncertainty, by confidence, at random or over all classes, and says when there are no scores', async () => {
    const { project, projectId, decisions } = made;
    const ids = await addImages(project, 4);
    const queue = async (order: 'uncertain' | 'confident' | 'random' | 'different' | 'farthest', seed = 1) => {
      const { images, fellBack } = await decisions.labellingQueue(projectId, order, 10, seed);
      return { ids: images.map(({ imageId }) => imageId), fellBack };
    };
    const drawn = await queue('random');
    expect(await queue('uncertain')).toEqual({ ids: drawn.ids, fellBack: true });
    await addLabelRun(project, RUN, [
      { imageId: ids[0] ?? 0, classIds: [0, 1], scores: [0.9, 0.05] },
      { imageId: ids[1] ?? 0, classIds: [0, 1], scores: [0.5, 0.45] },
      { imageId: ids[2] ?? 0, classIds: [0, 2], scores: [0.6, 0.3] },
      { imageId: ids[3] ?? 0, classIds: [1, 0], scores: [0.8, 0.1] },
    ]);
    expect(await queue('uncertain')).toEqual({ ids: [ids[1], ids[2], ids[3], ids[0]], fellBack: false });
    expect((await queue('confident')).ids).toEqual([ids[0], ids[3], ids[2], ids[1]]);
    expect((await queue('different')).ids.slice(0, 2)).toEqual([ids[1], ids[3]]);
    // That order needs features, and there are none.
    expect(await queue('farthest')).toEqual({ ids: drawn.ids, fellBack: true });
    expect(await queue('random')).toEqual(drawn);
    await act('label', 2, [ids[1] ?? 0]);
    expect((await queue('uncertain')).ids).toEqual([ids[2], ids[3], ids[0]]);
    const ofClass = await decisions.labellingQueue(projectId, 'uncertain', 10, 1, 0);
    expect(ofClass.images.map(({ imageId }) => imageId)).toEqual([ids[2], ids[0]]);
    expect(ofClass.total).toBe(2);
  });
});

describe('a million images', () => {
  it('take nine bytes each, and any window of them is available at once', async () => {
    const { project, projectId, ranks, changed } = made;
    const images = 1_000_000;
    await addMillion(project, RUN, images);
    changed();
    const { imageIds, scores, places } = await new RankingCache().ofClass(project, RUN, 0, 1);
    expect(imageIds.byteLength + scores.byteLength + places.byteLength).toBe(9 * images);
    const look = { ...settings, k: 100_000 };
    // The first window reads and sorts them; the others are measured against what they no longer have to wait for.
    const { ms: openingMs } = await timed(() => ranks.window(projectId, RUN, 0, { offset: 0, limit: 1 }, look));
    const times: number[] = [];
    for (let step = 0; step <= 20; step++) {
      const offset = Math.min(images - 200, Math.round((step * images) / 20));
      const { ms, result: window } = await timed(() => ranks.window(projectId, RUN, 0, { offset, limit: 200 }, look));
      times.push(ms);
      expect(window).toMatchObject({ total: images, cutRank: 100_000 });
      expect(window.items.map(({ rank }) => rank)).toEqual(Array.from({ length: 200 }, (_, at) => offset + at + 1));
    }
    expect(median(times)).toBeLessThan(openingMs / 5);
    const moves: number[] = [];
    for (let k = 1; k <= 20; k++) {
      const page = { offset: 0, limit: 1 };
      const moved = await timed(() => ranks.window(projectId, RUN, 0, page, { ...look, k: 1000 * k }));
      moves.push(moved.ms);
      expect(moved.result.cutRank).toBe(1000 * k);
    }
    expect(median(moves)).toBeLessThan(openingMs / 5);
  });
});

async function timed<Result>(work: () => Promise<Result>): Promise<{ readonly ms: number; readonly result: Result }> {
  const startedMs = performance.now();
  const result = await work();
  return { ms: performance.now() - startedMs, result };
}

function median(times: readonly number[]): number {
  return at(
    times.toSorted((a, b) => a - b),
    times.length >> 1,
  );
}

/** A reference for what a selection takes and how a class is ranked, as the contract defines it: sorting and counting. */
function naive(
  rows: readonly Scored[],
  acts: readonly { kind: 'veto' | 'pin' | 'label'; classId: number; images: number[] }[],
  { k, topP, order, balanced }: Pick<SelectionSettings, 'k' | 'topP' | 'order' | 'balanced'>,
) {
  const verdicts = new Map<string, string>();
  const labelled = new Map<number, number>();
  for (const { kind, classId, images } of acts) {
    for (const id of images) {
      const pair = `${id} ${classId}`;
      const others = [0, 1, 2].filter((one) => one !== classId).map((one) => `${id} ${one}`);
      // A new decision withdraws the ones that contradict it.
      if (kind !== 'veto') for (const other of others) if (verdicts.get(other) === 'pin') verdicts.delete(other);
      if (kind === 'label' && verdicts.get(pair) === 'veto') verdicts.delete(pair);
      if (kind === 'pin' && labelled.get(id) !== classId) labelled.delete(id);
      if (kind === 'veto' && labelled.get(id) === classId) labelled.delete(id);
      if (kind === 'label') labelled.set(id, classId);
      else verdicts.set(pair, kind);
    }
  }
  const entries = rows.flatMap(({ imageId, classIds, scores }) =>
    classIds.map((classId, place) => ({ imageId, classId, score: scores[place] ?? 0, place: place + 1 })),
  );
  type Entry = (typeof entries)[number];
  const byScore = (x: Entry, y: Entry) => y.score - x.score || x.imageId - y.imageId;
  const byKey = (x: Entry, y: Entry) => mix32(x.imageId ^ mix32(0)) - mix32(y.imageId ^ mix32(0));
  const inOrder = order === 'ranked' ? byScore : byKey;
  const counting = entries
    .filter((one) => one.place <= (balanced ? topP : 1) && !labelled.has(one.imageId))
    .filter((one) => verdicts.get(`${one.imageId} ${one.classId}`) !== 'veto')
    .sort(inOrder);
  const above = balanced
    ? [0, 1, 2].flatMap((classId) => counting.filter((one) => one.classId === classId).slice(0, k))
    : counting.slice(0, 3 * k);
  return [0, 1, 2].map((classId) => {
    const ranked = entries
      .filter((one) => one.classId === classId && one.place <= topP)
      .sort(byScore)
      .map(({ imageId }) => imageId);
    const counted = above.filter((one) => one.classId === classId).map(({ imageId }) => imageId);
    const pinned = rows
      .map(({ imageId }) => imageId)
      .filter((id) => verdicts.get(`${id} ${classId}`) === 'pin' && !labelled.has(id));
    const taken = [...new Set([...counted, ...pinned])].sort((x, y) => x - y);
    return { ranked, taken, cutRank: Math.max(0, ...counted.map((id) => ranked.indexOf(id) + 1)) };
  });
}
