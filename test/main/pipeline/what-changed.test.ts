import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { readClasses } from '../../../main/catalogue/classes.ts';
import { readDecisions } from '../../../main/catalogue/decisions.ts';
import { saveImageSet } from '../../../main/catalogue/image-set.ts';
import { openProject, type Project } from '../../../main/catalogue/project.ts';
import { saveRunClasses } from '../../../main/catalogue/run-classes.ts';
import { saveSelection } from '../../../main/catalogue/selection.ts';
import { savePredictions } from '../../../main/pipeline/predictions.ts';
import { writeRun } from '../../../main/pipeline/runs.ts';
import type { StageName } from '../../../main/pipeline/stages.ts';
import { selectionChangesOf, whatChanged } from '../../../main/pipeline/what-changed.ts';
import { wilsonInterval } from '../../../main/wilson-interval.ts';
import { here } from '../command-here.ts';
import { drawnProject } from './drawn-project.ts';

const root = mkdtempSync(join(tmpdir(), 'understudy-changed-'));
const CLASSES = { classIds: [0, 1], classNames: ['ant', 'bee'] };
const [FIRST, SECOND] = ['1'.repeat(12), '2'.repeat(12)] as const;
let project: Project;

beforeAll(async () => {
  project = await drawnProject(root, CLASSES.classNames, 3);
  // Images 0 to 5 are labelled, ants first; 6 to 11 are not. Of the labelled ones, 2 and 5 are held out.
  await compared(FIRST, 1, {
    trainedOn: { 0: 0, 1: 0, 3: 1, 4: 1 },
    selected: [
      [6, 0],
      [7, 0],
      [8, 1],
    ],
    heldOut: { 2: 0, 5: 1 },
    said: { 2: 1, 5: 1 },
  });
  await compared(SECOND, 2, {
    trainedOn: { 0: 0, 1: 1, 3: 1, 4: 1, 9: 0 },
    selected: [
      [7, 0],
      [8, 0],
      [10, 1],
      [11, 1],
    ],
    heldOut: { 2: 1, 5: 1 },
    said: { 2: 1, 5: 0 },
  });
});
afterAll(async () => {
  await project.close();
  rmSync(root, { recursive: true, force: true });
});

interface Outcome {
  readonly trainedOn: Readonly<Record<number, number>>;
  readonly selected: readonly (readonly [imageId: number, classId: number])[];
  readonly heldOut: Readonly<Record<number, number>>;
  /** The student's prediction for each held-out image. */
  readonly said: Readonly<Record<number, number>>;
}

/** A comparison with the runs that it is based on, as the stages leave them. */
async function compared(key: string, sequence: number, { trainedOn, selected, heldOut, said }: Outcome): Promise<void> {
  const id = (stage: StageName) => `${stage}-${key}`;
  const chain: readonly (readonly [StageName, readonly StageName[]])[] = [
    ['select', []],
    ['pretrain', ['select']],
    ['finetune', ['pretrain']],
    ['evaluate', ['finetune']],
  ];
  const at = '2026-01-01T00:00:00.000Z';
  const rest = { reason: null, seed: 1, recipe: {}, engine: 'onnxruntime', device: 'cpu', versions: {}, metrics: {} };
  for (const [stage, parents] of chain) {
    mkdirSync(project.path('runs', id(stage)));
    const times = { startedAt: at, finishedAt: at, sequence };
    const known = { id: id(stage), stage, key, parents: parents.map(id), state: 'succeeded' } as const;
    await writeRun(project, { ...rest, ...times, ...known });
  }
  await saveImageSet(project, id('finetune'), 'trained-on', {
    imageIds: Int32Array.from(Object.keys(trainedOn), Number),
    classIds: Int32Array.from(Object.values(trainedOn)),
  });
  const selection = {
    imageIds: Int32Array.from(selected, ([imageId]) => imageId),
    classIds: Int32Array.from(selected, ([, classId]) => classId),
    probabilities: Float32Array.from(selected, () => 0.5),
    ranks: Int32Array.from(selected, (_, place) => place + 1),
  };
  await saveSelection(project, id('select'), selection, new Int32Array());
  await saveRunClasses(project, id('evaluate'), CLASSES);
  const imageIds = Int32Array.from(Object.keys(heldOut), Number);
  await savePredictions(project, id('evaluate'), [
    {
      model: 'finetuned',
      imageIds,
      trueOutputs: Int32Array.from(Object.values(heldOut)),
      probabilities: Float32Array.from(
        [...imageIds].flatMap((image) => (said[image] === 0 ? [0.75, 0.25] : [0.25, 0.75])),
      ),
      classes: 2,
    },
  ]);
}

describe('the effect of corrected labels', () => {
  it('lists the changed labels, and judges both comparisons by the present ones', async () => {
    const { labels, models } = await whatChanged(project);
    expect(labels.total).toBe(3);
    expect(labels.images).toMatchObject([
      { imageId: 1, before: 0, after: 1, heldOut: false, path: expect.stringContaining('ant') },
      { imageId: 2, before: 0, after: 1, heldOut: true },
      { imageId: 9, before: null, after: 0, heldOut: false },
    ]);
    // Before, the student predicted image 2 as a bee, which is right: only the label was wrong.
    expect(models).toMatchObject([
      {
        model: 'finetuned',
        images: 2,
        before: { accuracy: 1, interval: wilsonInterval(2, 2) },
        after: { accuracy: 0.5, interval: wilsonInterval(1, 2) },
        difference: { difference: -0.5 },
      },
    ]);
  });

  it('lists for each class what entered and left the selection, and what is newly right', async () => {
    const { selection, classes } = await whatChanged(project, {
      before: `evaluate-${FIRST}`,
      after: `evaluate-${SECOND}`,
    });
    expect(selection).toEqual({ entered: 3, left: 2, stayed: 1 });
    expect(classes).toEqual([
      {
        classId: 1,
        name: 'bee',
        images: 2,
        rightBefore: 2,
        rightAfter: 1,
        gained: 0,
        lost: 1,
        entered: 2,
        left: 1,
        stayed: 0,
      },
      {
        classId: 0,
        name: 'ant',
        images: 0,
        rightBefore: 0,
        rightAfter: 0,
        gained: 0,
        lost: 0,
        entered: 1,
        left: 1,
        stayed: 1,
      },
    ]);
    const page = { offset: 1, limit: 5 };
    expect(await selectionChangesOf(project, {}, 'entered', undefined, page)).toEqual({
      total: 3,
      images: [
        { imageId: 10, classId: 1 },
        { imageId: 11, classId: 1 },
      ],
    });
    expect(await selectionChangesOf(project, {}, 'left', 0, { offset: 0, limit: 5 })).toEqual({
      total: 1,
      images: [{ imageId: 6, classId: 0 }],
    });
  });

  it('is asked for by command, and refused where there is a single comparison', async () => {
    await expect(whatChanged(project, { after: `evaluate-${FIRST}` })).rejects.toThrow('not yet two comparisons');
    await project.close();
    const shown = await here('changes', project.directory);
    expect(shown).toMatchObject({ code: 0, stderr: '' });
    expect(shown.stdout).toMatch(/Changed labels: 3\n.*1\.jpg\n.*2\.jpg \(held out\)\n/);
    expect(shown.stdout).toMatch(/Student, fine-tuned +100\.0 % .* 50\.0 % .* −50\.0 points/);
    expect(shown.stdout).toContain('The selection: 3 entered, 2 left, 1 stayed');
    const told = await here('changes', project.directory, '--json');
    expect(JSON.parse(told.stdout)).toMatchObject({ event: 'changes', selection: { entered: 3, left: 2, stayed: 1 } });
    project = await openProject(project.directory);
  });
});

describe('understudy label-image', () => {
  it('labels an image by its path, takes it back, and refuses a class that there is not', async () => {
    const image = join(root, 'unlabelled', 'ant-0.jpg');
    const { directory } = project;
    const labels = async () => {
      project = await openProject(directory);
      const found = await readDecisions(project.database);
      const names = (await readClasses(project.database)).map(({ name }) => name);
      await project.close();
      return [...found.labels.classIds].map((id) => names[id]);
    };
    await project.close();
    expect((await here('label-image', directory, image, 'bee')).stdout).toContain('Label 1 image as “bee”');
    expect(await labels()).toEqual(['bee']);
    const wrong = await here('label-image', directory, image, 'wasp');
    expect(wrong.code).toBe(2);
    expect(wrong.stderr).toContain('There is no class “wasp”: give one of “ant”, “bee”.');
    expect((await here('label-image', directory, image, '--clear')).stdout).toContain('Clear the label of 1 image');
    expect(await labels()).toEqual([]);
    expect((await here('label-image', directory, '--undo')).stdout).toContain('Undone: Clear the label of 1 image');
    expect(await labels()).toEqual(['bee']);
    expect((await here('label-image', directory)).code).toBe(2);
    project = await openProject(directory);
  });
});
