import { existsSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { backUpCatalogue } from '../../../main/catalogue/back-up-catalogue.ts';
import { mergeClass } from '../../../main/catalogue/classes.ts';
import { Database } from '../../../main/catalogue/database.ts';
import {
  type DecisionKind,
  decide,
  decisionsDigest,
  imagesBetweenRanks,
  matchingImages,
  NothingToDecide,
  readDecisions,
  readHistory,
  redoAction,
  undoAction,
} from '../../../main/catalogue/decisions.ts';
import { migrate, readVersion } from '../../../main/catalogue/migrate.ts';
import { initial } from '../../../main/catalogue/migrations/0001-initial.ts';
import type { Project } from '../../../main/catalogue/project.ts';
import { image, newProject, scan, temporaryFolder } from './project-builder.ts';

let project: Project;
/** Images 0 and 1 are labelled a and b; 2 to 7 are unlabelled. */
beforeEach(async () => {
  project = await newProject();
  const { catalogue } = project;
  const labelled = await catalogue.addSource({ kind: 'labelled', folder: temporaryFolder(), split: 'train' });
  await scan(project, labelled, [image('a/1.jpg'), image('b/1.jpg')]);
  const unlabelled = await catalogue.addSource({ kind: 'unlabelled', folder: temporaryFolder(), split: null });
  await scan(
    project,
    unlabelled,
    Array.from({ length: 6 }, (_, index) => image(`${index}.jpg`)),
  );
});
afterEach(async () => {
  await project.close();
});

async function act(kind: DecisionKind, classId: number, ids: readonly number[]) {
  return await decide(project.database, { kind, classId, images: `SELECT unnest([${ids.join()}]) AS image_id` });
}
async function standing() {
  return await readDecisions(project.database);
}
async function sets() {
  const { imageIds, classIds } = await project.catalogue.labelledImages('train');
  return {
    labelled: [...imageIds],
    classIds: [...classIds],
    unlabelled: [...(await project.catalogue.unlabelledImages())],
  };
}

describe('a label by hand', () => {
  it('makes an image one to train on, until it is taken back', async () => {
    const before = await sets();
    await act('label', 1, [4]);
    expect(await sets()).toEqual({ labelled: [0, 1, 4], classIds: [0, 1, 1], unlabelled: [2, 3, 5, 6, 7] });
    expect([...(await project.catalogue.imagesOfUnlabelledSources())]).toEqual([2, 3, 4, 5, 6, 7]);
    expect((await project.catalogue.summary()).classes).toMatchObject([{ train: 1 }, { train: 2 }]);
    await act('clearLabel', 0, [4]);
    expect(await sets()).toEqual(before);
  });

  it('stands over what the folder says, also after a scan', async () => {
    await act('label', 1, [0]);
    const [source] = (await project.catalogue.summary()).sources;
    expect(source?.kind).toBe('labelled');
    await scan(project, 0, [image('a/1.jpg', { bytes: 5 }), image('b/1.jpg')]);
    expect((await sets()).classIds).toEqual([1, 1]);
    await undoAction(project.database);
    expect((await sets()).classIds).toEqual([0, 1]);
  });

  it('can be held out like any other', async () => {
    await act('label', 1, [2, 3, 4, 5, 6, 7]);
    await project.catalogue.splitTrain({ fraction: 0.5, seed: 1 });
    const held = await project.catalogue.labelledImages('val');
    const { labelled, unlabelled } = await sets();
    expect(held.imageIds.length).toBeGreaterThan(0);
    expect([...held.imageIds, ...labelled].sort((a, b) => a - b)).toEqual([0, 1, 2, 3, 4, 5, 6, 7]);
    expect(unlabelled).toEqual([]);
    await act('clearLabel', 1, [2, 3, 4, 5, 6, 7]);
    expect((await sets()).unlabelled).toEqual([2, 3, 4, 5, 6, 7]);
  });
});

describe('acts', () => {
  it('about many images are one statement, by rank or by what matches', async () => {
    await project.scores.writePartition('label-0001', 0, {
      imageIds: Int32Array.of(2, 3, 4, 5, 6, 7),
      topP: 1,
      classIds: Int32Array.of(0, 0, 1, 0, 0, 0),
      probabilities: Float32Array.of(0.5, 0.9, 1, 0.9, 0.7, 0.6),
    });
    const scores = await project.scores.table('label-0001');
    const range = { classId: 0, topP: 1, ranges: [{ firstRank: 2, lastRank: 4 }] };
    const made = await decide(project.database, {
      kind: 'veto',
      classId: 0,
      images: imagesBetweenRanks(scores, range),
    });
    expect(made.images).toBe(3);
    expect([...(await standing()).vetoes.imageIds]).toEqual([5, 6, 7]);
    const ends = {
      ...range,
      ranges: [
        { firstRank: 1, lastRank: 1 },
        { firstRank: 4, lastRank: 9 },
      ],
    };
    const both = await decide(project.database, { kind: 'pin', classId: 0, images: imagesBetweenRanks(scores, ends) });
    expect(both.images).toBe(3);
    await undoAction(project.database);
    const matching = matchingImages({ part: 'unlabelled', search: '3.JPG' });
    await decide(project.database, { kind: 'pin', classId: 1, images: matching });
    expect([...(await standing()).pins.imageIds]).toEqual([5]);
    expect((await readHistory(project.database)).undo).toBe('Pin 1 image to “b”');
    const byHand = matchingImages({ part: 'byHand' });
    await expect(decide(project.database, { kind: 'veto', classId: 0, images: byHand })).rejects.toThrow(
      NothingToDecide,
    );
  });

  it('about nothing leave no trace', async () => {
    await act('pin', 0, [3]);
    for (const [kind, ids] of [
      ['clearVerdict', [4]],
      ['clearLabel', [3]],
      ['veto', [99]],
    ] as const) {
      await expect(act(kind, 0, ids)).rejects.toThrow(NothingToDecide);
    }
    await expect(act('veto', 9, [3])).rejects.toThrow(/no class number 9/);
    expect(await readHistory(project.database)).toEqual({ undo: 'Pin 1 image to “a”', redo: null });
  });

  it('name the state they lead to, and none when nothing is decided', async () => {
    expect(decisionsDigest(await standing())).toBeNull();
    await act('veto', 0, [3]);
    const vetoed = decisionsDigest(await standing());
    await act('pin', 0, [3]);
    expect(decisionsDigest(await standing())).not.toBe(vetoed);
    await act('veto', 0, [3]);
    expect(decisionsDigest(await standing())).toBe(vetoed);
    await act('clearVerdict', 0, [3]);
    expect(decisionsDigest(await standing())).toBeNull();
  });

  it('take back what was said against them, and one undo brings that back', async () => {
    const { database } = project;
    const lists = async () => {
      const { pins, vetoes, labels } = await standing();
      const pairs = ({ imageIds, classIds }: typeof pins) => [...imageIds].map((id, at) => [id, classIds[at]]);
      return { pins: pairs(pins), vetoes: pairs(vetoes), labels: pairs(labels) };
    };
    await act('pin', 0, [3, 4]);
    await act('label', 1, [3]);
    expect(await lists()).toEqual({ pins: [[4, 0]], vetoes: [], labels: [[3, 1]] });
    expect((await readHistory(database)).undo).toBe('Label 1 image as “b”');
    await act('pin', 0, [3]);
    expect(await lists()).toEqual({
      pins: [
        [3, 0],
        [4, 0],
      ],
      vetoes: [],
      labels: [],
    });
    await act('pin', 1, [3]);
    expect(await lists()).toEqual({
      pins: [
        [3, 1],
        [4, 0],
      ],
      vetoes: [],
      labels: [],
    });
    await act('veto', 1, [3]);
    await act('label', 1, [3]);
    expect(await lists()).toEqual({ pins: [[4, 0]], vetoes: [], labels: [[3, 1]] });
    for (let undone = 0; undone < 4; undone++) await undoAction(database);
    expect(await lists()).toEqual({ pins: [[4, 0]], vetoes: [], labels: [[3, 1]] });
    await undoAction(database);
    expect(await lists()).toEqual({
      pins: [
        [3, 0],
        [4, 0],
      ],
      vetoes: [],
      labels: [],
    });
  });

  it('can be undone one by one whatever came after them, and an act that is undone already stays so', async () => {
    const { database } = project;
    const { actionId } = await act('label', 0, [3]);
    await act('label', 1, [4]);
    expect(await undoAction(database, actionId)).toEqual({
      undo: 'Label 1 image as “b”',
      redo: 'Label 1 image as “a”',
    });
    expect([...(await standing()).labels.imageIds]).toEqual([4]);
    await undoAction(database, actionId);
    expect([...(await standing()).labels.imageIds]).toEqual([4]);
    await redoAction(database);
    expect([...(await standing()).labels.imageIds]).toEqual([3, 4]);
  });

  it('about a class that others were merged into keep what was said of those', async () => {
    await act('pin', 0, [3]);
    await mergeClass(project.database, 0, 1);
    await act('label', 1, [3]);
    const { pins, labels } = await standing();
    expect([[...pins.classIds], [...labels.classIds]]).toEqual([[1], [1]]);
  });

  it('follow a pinned class into the one it is merged into', async () => {
    await act('pin', 0, [3, 4]);
    await act('veto', 1, [4]);
    await mergeClass(project.database, 0, 1);
    const { pins } = await standing();
    expect([[...pins.imageIds], [...pins.classIds]]).toEqual([[3], [1]]);
  });

  it('undone and redone in any order leave what a replay of the standing ones leaves', async () => {
    const kinds: readonly DecisionKind[] = ['veto', 'pin', 'clearVerdict', 'label', 'clearLabel'];
    const step = fc.oneof(
      {
        weight: 3,
        arbitrary: fc.record({
          kind: fc.constantFrom(...kinds),
          classId: fc.constantFrom(0, 1),
          ids: fc.subarray([2, 3, 4, 5], { minLength: 1 }),
        }),
      },
      { weight: 1, arbitrary: fc.constant('undo' as const) },
      { weight: 1, arbitrary: fc.constant('redo' as const) },
    );
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 12 }), async (steps) => {
        await project.database.run('DELETE FROM decisions');
        await project.database.run('DELETE FROM actions');
        let done: Exclude<(typeof steps)[number], string>[] = [];
        let undone: typeof done = [];
        for (const one of steps) {
          if (one === 'undo') {
            await undoAction(project.database);
            undone = [...done.slice(-1), ...undone];
            done = done.slice(0, -1);
          } else if (one === 'redo') {
            await redoAction(project.database);
            done = [...done, ...undone.slice(0, 1)];
            undone = undone.slice(1);
          } else {
            try {
              await act(one.kind, one.classId, one.ids);
              [done, undone] = [[...done, one], []];
            } catch (error) {
              if (!(error instanceof NothingToDecide)) throw error;
            }
          }
        }
        const [verdicts, labels] = replay(done);
        const { vetoes, pins, labels: given } = await standing();
        const pairs = ({ imageIds, classIds }: typeof vetoes) =>
          [...imageIds].map((imageId, place) => `${imageId} ${classIds[place]}`);
        const wanted = (verdict: string) =>
          [...verdicts]
            .filter(([, value]) => value === verdict)
            .map(([pair]) => pair)
            .sort();
        expect(pairs(vetoes)).toEqual(wanted('veto'));
        expect(pairs(pins)).toEqual(wanted('pin'));
        expect(pairs(given)).toEqual([...labels].map(([imageId, classId]) => `${imageId} ${classId}`).sort());
        const history = await readHistory(project.database);
        expect([history.undo !== null, history.redo !== null]).toEqual([done.length > 0, undone.length > 0]);
      }),
      { numRuns: 12, seed: 3 },
    );
  });
});

function replay(acts: readonly { kind: DecisionKind; classId: number; ids: number[] }[]) {
  const verdicts = new Map<string, string>();
  const labels = new Map<number, number>();
  for (const { kind, classId, ids } of acts) {
    for (const id of ids) {
      const pair = `${id} ${classId}`;
      const other = `${id} ${1 - classId}`;
      // An image has one class: the latest statement counts and overrides contradicting ones.
      if ((kind === 'label' || kind === 'pin') && verdicts.get(other) === 'pin') verdicts.delete(other);
      if (kind === 'label' && verdicts.get(pair) === 'veto') verdicts.delete(pair);
      if (kind === 'pin' && labels.get(id) === 1 - classId) labels.delete(id);
      if (kind === 'veto' && labels.get(id) === classId) labels.delete(id);
      if (kind === 'label') labels.set(id, classId);
      else if (kind === 'clearLabel') labels.delete(id);
      else if (kind === 'clearVerdict') verdicts.delete(pair);
      else verdicts.set(pair, kind);
    }
  }
  return [verdicts, labels] as const;
}

it('comes to a project of version 1 with a backup of it, and changes nothing of what it holds', async () => {
  const folder = temporaryFolder();
  const database = await Database.open(join(folder, 'catalogue.duckdb'));
  await migrate(database, async () => {}, [initial]);
  await database.run("INSERT INTO sources VALUES (0, 'labelled', '/d', 'train'), (1, 'unlabelled', '/u', NULL)");
  await database.run("INSERT INTO classes VALUES (0, 'a')");
  await database.run(
    `INSERT INTO images VALUES (0, 0, 'a/1.jpg', 1, 1, 'jpeg', 1, 1, 'train', false, NULL),
       (1, 1, '1.jpg', 1, 1, 'jpeg', 1, 1, NULL, false, NULL)`,
  );
  await database.run("INSERT INTO labels VALUES (0, 0, 'folder', now() AT TIME ZONE 'UTC')");
  await migrate(database, (version) => backUpCatalogue(database, folder, version));
  expect(await readVersion(database)).toBeGreaterThanOrEqual(2);
  expect(await database.rows('SELECT id, kind, split FROM usable_images ORDER BY id')).toEqual([
    { id: 0, kind: 'labelled', split: 'train' },
    { id: 1, kind: 'unlabelled', split: null },
  ]);
  expect(await database.rows('FROM current_labels')).toEqual([{ image_id: 0, class_id: 0, source: 'folder' }]);
  database.close();

  const path = join(folder, 'catalogue.before-v2.duckdb');
  expect(existsSync(path)).toBe(true);
  const backup = await Database.open(path);
  expect(await readVersion(backup)).toBe(1);
  expect(await backup.rows('SELECT id FROM images ORDER BY id')).toEqual([{ id: 0 }, { id: 1 }]);
  backup.close();
});
