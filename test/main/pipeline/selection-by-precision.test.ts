/** The method with a selection by precision and a student with soft targets: on real images, with real trainings. */
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { at } from '../../../main/at.ts';
import { heldOutScores } from '../../../main/catalogue/checked-scores.ts';
import { CHOSEN_IMAGES, decide } from '../../../main/catalogue/decisions.ts';
import type { Project } from '../../../main/catalogue/project.ts';
import { loadSelection } from '../../../main/catalogue/selection.ts';
import { runMethod } from '../../../main/pipeline/method.ts';
import { openWorkspace } from '../../../main/pipeline/open-workspace.ts';
import { plannedRuns } from '../../../main/pipeline/planned-runs.ts';
import { softTargetsOf } from '../../../main/pipeline/soft-targets-of.ts';
import type { Goal } from '../../../main/pipeline/stages.ts';
import { COLOURS, colouredProject } from './coloured-project.ts';

let root: string;
let project: Project;
beforeAll(async () => {
  root = mkdtempSync(join(tmpdir(), 'understudy-precision-'));
  project = await colouredProject(root);
});
afterAll(async () => {
  await project.close();
  rmSync(root, { recursive: true, force: true });
});

const SHORT = [
  ...['imageSizePx=16', 'batch=8', 'student.width=16', 'teacher.width=16', 'label.topP=3', 'select.topP=3'],
  ...['select.k=6', 'supervised.enabled=false', 'teacher.training.images=64', 'pretrain.images=16'],
  ...['finetune.images=16', 'select.leakGuard=false', 'select.nearDuplicateGuard=false', 'heldOut.fraction=0.5'],
];

async function reach(goal: Goal, ...set: string[]) {
  const notes: string[] = [];
  const asked = { recipe: 'demo', device: 'cpu', set: [...SHORT, ...set] };
  const { workspace, collection } = await openWorkspace(project, asked, {
    signal: new AbortController().signal,
    tell: (event) => {
      if (event.kind === 'noted') notes.push(event.message);
    },
  });
  const planned = await plannedRuns(project, workspace.recipe, collection, goal);
  const runs = await runMethod(workspace, collection, goal);
  const { select } = runs;
  if (!select) throw new Error('the goal is behind the selection');
  expect(planned.find(({ stage }) => stage === 'select')?.id).toBe(select.id);
  return { runs, select, planned, collection, notes: notes.join(' ') };
}

/** For each row of a labelling, whether it is right, by the files' names. */
async function truths(labelRun: string) {
  const rows = await project.database.rows(
    `SELECT image_id, class_id, relative_path, classes.name AS class, probability FROM ${await project.scores.table(labelRun)} scores
     JOIN images ON images.id = image_id JOIN classes ON classes.id = class_id`,
  );
  return rows.map((row) => ({
    imageId: Number(row.image_id),
    classId: Number(row.class_id),
    score: Number(row.probability),
    right: String(row.relative_path).startsWith(`${String(row.class)}-`),
  }));
}

it('keeps to K where too little is known, says so, and keeps what the teacher said of held-out images', async () => {
  const plain = await reach('select');
  expect(await heldOutScores(project, plain.select.id)).toBeUndefined();
  const { select, notes, planned, collection } = await reach('select', 'select.precision=0.9', 'select.k=curve');
  expect(notes).toContain('Too little is known about the teacher for a precision curve');
  expect(notes).toContain('3 of 3 go by K alone');
  const asked = await heldOutScores(project, select.id);
  const { imageIds, classIds } = collection.heldOut;
  expect(asked?.imageIds.length).toBe(3 * imageIds.length);
  const right = Array.from(asked?.right ?? []).filter((one) => one === 1).length;
  expect(right).toBe(imageIds.length);
  for (const [place, imageId] of (asked?.imageIds ?? new Int32Array()).entries()) {
    const truth = classIds[imageIds.indexOf(imageId)];
    expect(asked?.right[place]).toBe(Number(asked?.classIds[place] === truth));
  }
  const estimated = planned.find(({ stage }) => stage === 'select');
  expect([estimated?.networks.length, estimated?.asked]).toEqual([1, imageIds.length]);
});

it('ends each class where spot-checks say that it is less pure, and K where one more is wrong more often', async () => {
  const before = await reach('select');
  const [label] = before.select.parents;
  const rows = await truths(label ?? '');
  for (const { imageId, classId, right } of rows) {
    await project.database.run("INSERT INTO spot_checks VALUES (?, ?, ?, 1, ?, NULL, now() AT TIME ZONE 'UTC')", [
      label ?? '',
      classId,
      imageId,
      right,
    ]);
  }
  // A selection without precision is unchanged.
  expect((await reach('select')).select.id).toBe(before.select.id);
  const { select, notes } = await reach('select', 'select.precision=0.6');
  expect(notes).toContain('3 by spot-checks.');
  const { imageIds, classIds } = await loadSelection(project, select.id);
  for (const classId of new Set(rows.map((row) => row.classId))) {
    const ranked = rows
      .filter((row) => row.classId === classId)
      .sort((a, b) => b.score - a.score || a.imageId - b.imageId);
    const taken = [...imageIds].filter((_, place) => classIds[place] === classId);
    const shares = ranked.map((_, last) => ranked.slice(0, last + 1).filter(({ right }) => right).length / (last + 1));
    const pure = shares.findLastIndex((share) => share >= 0.6) + 1;
    // K is 6, a tenth of which is kept anyway.
    const wanted = Math.min(6, Math.max(1, pure));
    expect(taken).toEqual(ranked.slice(0, wanted).map(({ imageId }) => imageId));
  }
  const byCurve = await reach('select', 'select.k=curve');
  expect(byCurve.notes).toMatch(/K is \d by the precision curve \(36 answers of spot-checks\)/);
  expect(byCurve.select.metrics.k).toBeGreaterThanOrEqual(1);
  expect(byCurve.select.metrics.k).toBeLessThanOrEqual(6);
  await project.database.run('UPDATE spot_checks SET correct = NOT correct');
  expect((await reach('select', 'select.precision=0.6')).select.id).not.toBe(select.id);
});

it('trains a student on what the teacher said, as a run of its own, and on a person’s word where there is one', async () => {
  const hard = await reach('student');
  const soft = await reach('student', 'pretrain.targets=soft');
  expect(soft.select.id).toBe(hard.select.id);
  expect(soft.runs.pretrain?.id).not.toBe(hard.runs.pretrain?.id);
  const curve = (run: { readonly id: string } | undefined) => project.path('runs', run?.id ?? '', 'metrics.jsonl');
  expect(existsSync(curve(soft.runs.pretrain))).toBe(true);
  const selection = await loadSelection(project, soft.select.id);
  const labels = soft.runs.label?.id ?? '';
  const targets = await softTargetsOf(project, soft.collection, labels, selection);
  const said = await truths(labels);
  expect(targets.width).toBe(COLOURS.length);
  for (const [row, imageId] of selection.imageIds.entries()) {
    for (let place = row * targets.width; place < (row + 1) * targets.width; place++) {
      const classId = soft.collection.classIds[at(targets.outputs, place)];
      const own = said.find((one) => one.imageId === imageId && one.classId === classId);
      expect(at(targets.shares, place)).toBeCloseTo(own?.score ?? -1, 6);
    }
  }
  const pair = { imageId: at(selection.imageIds, 0), classId: at(selection.classIds, 0) };
  await project.database.withChosen([pair.imageId], () =>
    decide(project.database, { kind: 'pin', classId: pair.classId, images: CHOSEN_IMAGES }),
  );
  const { outputs, shares, width } = await softTargetsOf(project, soft.collection, labels, selection);
  expect(soft.collection.classIds[at(outputs, 0)]).toBe(pair.classId);
  expect([at(shares, 0), ...outputs.subarray(1, width)]).toEqual([1, ...Array.from({ length: width - 1 }, () => -1)]);
});
