/** Classes named like properties that every JavaScript object inherits, from their folders to every exported file. */
import { mkdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it, vi } from 'vitest';
import type { Project } from '../../../main/catalogue/project.ts';
import { saveSelection, selectTopK } from '../../../main/catalogue/selection.ts';
import { statusCommand } from '../../../main/cli/commands/status.ts';
import { saveEvaluations } from '../../../main/pipeline/evaluations-file.ts';
import { exportRun } from '../../../main/pipeline/export-run.ts';
import { importFolder } from '../../../main/pipeline/import-folder.ts';
import { evaluationOf } from '../../../main/pipeline/metrics.ts';
import { savePredictions } from '../../../main/pipeline/predictions.ts';
import { parseRecipe } from '../../../main/pipeline/recipe.ts';
import { resolveRecipe } from '../../../main/pipeline/resolve-recipe.ts';
import type { RunRecord } from '../../../main/pipeline/run-record.ts';
import { writeRun } from '../../../main/pipeline/runs.ts';
import { writeReport } from '../../../main/report/write-report.ts';
import { RanksDesk } from '../../../main/workbench/desks/ranks-desk.ts';
import { RanksStates } from '../../../main/workbench/ranking/ranks-states.ts';
import { writeJpeg } from '../image-files.ts';
import { closeContext, newContext } from '../workbench/workbench-context.ts';

const NAMES = ['__proto__', 'constructor', 'hasOwnProperty', 'toString'];
const K = 2;
const OPTIONS = { runId: 'label-1', k: K, topP: 1, order: 'ranked', balanced: true, seed: 1 } as const;

let made: Awaited<ReturnType<typeof newContext>>;
let project: Project;
const runs: RunRecord[] = [];

beforeAll(async () => {
  made = await newContext();
  project = await made.context.projects.opened(made.projectId);
  await addImages(join(made.root, 'images'));
  await finishMethod();
});
afterAll(async () => await closeContext(made.context));

/** For every class one training image, one held-out image, and four for the teacher. */
async function addImages(folder: string): Promise<void> {
  for (const [index, name] of NAMES.entries()) {
    await writeJpeg(join(folder, 'labelled', name, '1.jpg'), { seed: 10 * index });
    await writeJpeg(join(folder, 'held-out', name, '1.jpg'), { seed: 10 * index + 1 });
    for (let n = 2; n < 6; n++) await writeJpeg(join(folder, 'pool', `${index}-${n}.jpg`), { seed: 10 * index + n });
  }
  await importFolder(project, { kind: 'labelled', folder: join(folder, 'labelled'), split: 'train' });
  await importFolder(project, { kind: 'labelled', folder: join(folder, 'held-out'), split: 'test' });
  await importFolder(project, { kind: 'unlabelled', folder: join(folder, 'pool'), split: null });
}

/** The results of a finished method, without any training: four images of the pool for each class. */
async function finishMethod(): Promise<void> {
  const asked = parseRecipe({ label: { topP: 1 }, select: { k: K } });
  const { recipe } = resolveRecipe(asked, { labelled: 4, unlabelled: 16, classes: 4, medianImageSizePx: 32 });
  for (const [id, stage, parents] of [
    ['teacher-1', 'teacher', []],
    ['label-1', 'label', ['teacher-1']],
    ['select-1', 'select', ['label-1']],
    ['evaluate-1', 'evaluate', ['teacher-1', 'select-1']],
  ] as const) {
    mkdirSync(project.path('runs', id), { recursive: true });
    const run: RunRecord = {
      ...{ id, stage, parents: [...parents], recipe, key: id, seed: 1, engine: 'onnxruntime', device: 'cpu' },
      ...{ versions: {}, state: 'succeeded', reason: null, metrics: { images: 16, topP: 1, k: K } },
      ...{ startedAt: '2026-01-02T03:04:05Z', finishedAt: '2026-01-02T03:04:09Z' },
    };
    await writeRun(project, run);
    runs.push(run);
  }
  const imageIds = await project.catalogue.unlabelledImages();
  const classes = (await project.catalogue.classes()).map(({ id }) => id);
  const classIds = Int32Array.from(imageIds, (_, place) => classes[place >> 2] ?? -1);
  const probabilities = Float32Array.from(imageIds, (_, place) => 0.9 - 0.01 * place);
  await project.scores.writePartition('label-1', 0, { imageIds, topP: 1, classIds, probabilities });
  const query = { ...OPTIONS, classIds: classes, excludedImages: new Int32Array() };
  const { selection } = await selectTopK(project, query);
  await saveSelection(project, 'select-1', selection, new Int32Array());
  const heldOut = await project.catalogue.labelledImages('test');
  const trueOutputs = Int32Array.of(0, 1, 2, 3);
  const right = Float32Array.from({ length: 16 }, (_, place) => (place % 5 === 0 ? 0.7 : 0.1));
  await saveEvaluations(project, 'evaluate-1', { teacher: evaluationOf(right, trueOutputs, 4) });
  const said = { model: 'teacher', imageIds: heldOut.imageIds, trueOutputs, probabilities: right, classes: 4 } as const;
  await savePredictions(project, 'evaluate-1', [said]);
}

it('are classes like others in the report', async () => {
  const { data, text, htmlPath } = await writeReport(project);
  expect(data.selection.classes).toMatchObject(NAMES.map((name) => ({ name, candidates: 4, kept: K })));
  expect(data.collection.labelledPerClass).toEqual([1, 1, 1, 1]);
  for (const written of [text, readFileSync(htmlPath, 'utf8')]) {
    for (const name of NAMES) expect(written).toContain(name);
    expect(written).not.toContain('native code');
  }
});

it('are classes like others among the ranks', async () => {
  const ranks = new RanksDesk(made.context, new RanksStates(made.context));
  const { classes } = await ranks.balance(made.projectId, 'label-1', {});
  expect(classes).toMatchObject(NAMES.map((name) => ({ name, candidates: 4 })));
});

it.each([
  ['select-1', 'selectionCsv', 'class', K],
  ['label-1', 'predictionsCsv', 'class', 4],
  ['evaluate-1', 'predictionsCsv', 'true_class', 1],
  ['evaluate-1', 'predictionsCsv', 'predicted_class', 1],
] as const)('stand by their names in the CSV of %s, %s, column %s', async (id, format, column, each) => {
  const run = runs.find((one) => one.id === id);
  if (!run) throw new Error(`there is no run ${id}`);
  const folder = join(made.root, `${id}-${column}`);
  mkdirSync(folder);
  const { file } = await exportRun(project, run, format, folder);
  const [head = '', ...rows] = readFileSync(file, 'utf8').trim().split(/\r?\n/);
  const place = head.split(',').indexOf(column);
  const found = rows.map((row) => row.split(',')[place]).sort();
  expect(found).toEqual(NAMES.flatMap((name) => Array<string>(each).fill(name)));
});

it('are counted by “status --json” like others', async () => {
  await made.context.projects.closeAll();
  const written: string[] = [];
  const write = vi.spyOn(process.stdout, 'write').mockImplementation((text) => written.push(String(text)) > 0);
  try {
    const command = statusCommand(new AbortController().signal).option('--json');
    await command.parseAsync([project.directory, '--json'], { from: 'user' });
  } finally {
    write.mockRestore();
  }
  const { classes } = JSON.parse(written.join('')) as { classes: unknown };
  expect(classes).toMatchObject(NAMES.map((name) => ({ name, train: 1, heldOut: 1 })));
});
