/** Everything that a user can see and do with a finished project, as values that are the same each time. */
import { createHash } from 'node:crypto';
import { cpSync, mkdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { loadSelection } from '../../../main/catalogue/selection.ts';
import { ExpectedFailure } from '../../../main/failure.ts';
import { bringCatalogueBack } from '../../../main/pipeline/bring-catalogue-back.ts';
import { writeReport } from '../../../main/report/write-report.ts';
import { createContext } from '../../../main/workbench/context.ts';
import type { Job } from '../../../main/workbench/contract/jobs.ts';
import { createWorkbench } from '../../../main/workbench/workbench.ts';
import { endedJob } from './finished-job.ts';
import type { FinishedProject } from './finished-project.ts';

export type Looked =
  | { readonly kind: 'value'; readonly value: string }
  /** One sentence. */
  | { readonly kind: 'refused'; readonly sentence: string }
  /** Anything else: a bug. */
  | { readonly kind: 'broken'; readonly stack: string };

/** By the name of what was displayed or done, in this order. */
export type Looks = ReadonlyMap<string, Looked>;

export interface LookOptions {
  readonly undamaged?: Looks | undefined;
  /** Only the report instead of all screens. */
  readonly briefly?: boolean;
  /** Runs and selects, but neither classifies nor exports. */
  readonly unused?: boolean;
}

const WHOLE = { offset: 0, limit: 1000 };

/**
 * Opens the copy of a project in `folder`, checks everything, does everything, and checks again if anything differed
 * from `undamaged` or was reported as damaged: otherwise nothing was recreated that could be wrong now.
 */
export async function lookAtEverything(
  root: string,
  folder: string,
  { asked }: FinishedProject,
  { undamaged, briefly = false, unused = false }: LookOptions,
): Promise<Looks> {
  const looks = new Map<string, Looked>();
  const settingsFolder = join(root, 'settings');
  const context = createContext(settingsFolder);
  const workbench = createWorkbench({ settingsFolder, version: '0', host: 'browser', projectsFolder: root }, context);
  let isAsBefore = undamaged !== undefined;
  const look = async (name: string, work: () => Promise<unknown>) => {
    const found = await looked(work);
    const right = undamaged?.get(name);
    if (found.kind !== 'value' || right?.kind !== 'value' || right.value !== found.value) isAsBefore = false;
    looks.set(name, found);
  };
  const signal = new AbortController().signal;
  const job = async (begin: () => Promise<Job>) => {
    const ended = await endedJob(workbench, await begin());
    if (workbench.jobs.log(ended.id).some(({ text }) => /damaged|again/.test(text))) isAsBefore = false;
    if (ended.state === 'succeeded') return ended;
    if (ended.reason?.startsWith('This is a bug')) {
      throw new Error(
        workbench.jobs
          .log(ended.id)
          .map(({ text }) => text)
          .join('\n'),
      );
    }
    throw new ExpectedFailure(ended.reason ?? ended.state);
  };
  let id = '';
  const screens = async (when: string) => {
    const { collection, runs, ranks, use, pictures, decisions, jobs } = workbench;
    await look(`${when}: report`, async () => {
      const { data, text } = await writeReport(await context.projects.opened(id));
      return { data, text };
    });
    if (briefly) return;
    await look(`${when}: collection`, async () => ({
      ...(await collection.summary(id)),
      images: await collection.images(id, {}, WHOLE),
      problems: await collection.problems(id, WHOLE),
    }));
    await look(`${when}: duplicates`, async () => {
      // How far the comparison is at the first request depends on the machine's speed.
      let found = await collection.duplicates(id, WHOLE);
      while (found.comparing) {
        await wait(20);
        found = await collection.duplicates(id, WHOLE);
      }
      return found;
    });
    await look(`${when}: decisions`, () => decisions.history(id));
    await look(`${when}: labelling queue`, () => decisions.labellingQueue(id, 'uncertain', 10, 1));
    await look(`${when}: recipe`, () => runs.recipe(id, undefined, []));
    await look(`${when}: estimate`, async () => {
      const { stages } = await runs.estimate(id, 'evaluate', undefined, []);
      return stages.map(({ stage, runId, images }) => ({ stage, runId, images }));
    });
    await look(`${when}: jobs`, async () => jobs.list().length >= 0);
    await look(`${when}: ranks`, () => ranks.overview(id));
    const known = await runs.list(id).catch(() => []);
    // Requests of the user that were refused are not among them.
    for (const run of known) await look(`${when}: run ${run.id}`, async () => run);
    for (const { id: runId, stage, role } of known) {
      await look(`${when}: lineage of ${runId}`, () => runs.lineage(id, runId));
      if (role !== null) {
        await look(`${when}: curve of ${runId}`, () => runs.curve(id, runId));
        await look(`${when}: images of ${runId}`, () => runs.images(id, runId, 'trainedOn', WHOLE));
      }
      if (stage === 'select')
        await look(`${when}: images of ${runId}`, () => runs.images(id, runId, 'selected', WHOLE));
      if (stage === 'label') {
        await look(`${when}: images of label`, () => runs.images(id, runId, 'labelled', WHOLE));
        await look(`${when}: balance`, () => ranks.balance(id, runId, {}));
        for (const classId of [0, 1, 2]) {
          await look(`${when}: ranks of class ${classId}`, () => ranks.window(id, runId, classId, WHOLE, {}));
          await look(`${when}: scores of class ${classId}`, () => ranks.scoreCurve(id, runId, classId));
        }
      }
      if (stage === 'evaluate') {
        await look(`${when}: comparison`, () => runs.evaluation(id, runId));
        await look(`${when}: mistakes`, () =>
          runs.evaluatedImages(id, runId, { kind: 'mistakes', model: 'finetuned' }, WHOLE),
        );
      }
    }
    await look(`${when}: classifications`, async () => {
      const all = await use.classifications(id);
      const found = await Promise.all(all.map(async (one) => (await use.classification(id, one.id, WHOLE)).images));
      // The same images by the same model give one result, however many runs there are.
      return [...new Set(found.map((images) => JSON.stringify(images)))];
    });
    await look(`${when}: thumbnails`, async () => {
      const { images } = await collection.images(id, { part: 'unlabelled' }, { offset: 0, limit: 2 });
      const drawn = images.map(({ imageId }) => pictures.thumbnail(id, imageId, 96, signal));
      return (await Promise.all(drawn)).map(({ picture }) => createHash('sha256').update(picture).digest('hex'));
    });
  };
  const classifyAndExport = async () => {
    await look('classify', async () => {
      const student = (await workbench.runs.list(id)).find(
        ({ role, state }) => role === 'result' && state === 'succeeded',
      );
      if (!student) throw new ExpectedFailure('There is no finished student.');
      const { result } = await job(() => workbench.use.classifyFolder(id, student.id, asked));
      const one = result?.kind === 'classified' ? result.classificationId : '';
      return (await workbench.use.classification(id, one, WHOLE)).images;
    });
    await look('export', async () => {
      const to = join(root, 'exported');
      mkdirSync(to);
      const { result } = await job(async () => {
        const student = (await workbench.runs.list(id)).find(({ role }) => role === 'result');
        return await workbench.use.exportRun(id, student?.id ?? '', 'predictionsCsv', to);
      });
      return readFileSync(result?.kind === 'exported' ? result.file : '', 'utf8');
    });
  };
  try {
    const opened = await looked(async () => {
      ({ id } = await workbench.projects.open(folder));
      return 'opened';
    });
    looks.set('open', opened);
    if (opened.kind !== 'value') {
      if (!(opened.kind === 'refused' && opened.sentence.startsWith('The catalogue is damaged'))) return looks;
      // Two files may have been swapped: the catalogue, and part of its copy.
      const broughtBack = await looked(async () => {
        await bringCatalogueBack(folder);
        ({ id } = await workbench.projects.open(folder));
        return 'brought back';
      });
      if (broughtBack.kind !== 'value') return looks.set('brought back', broughtBack);
    }
    await screens('before');
    await look('evaluate', async () => {
      await job(() => workbench.runs.run(id, 'evaluate', undefined, []));
      const [newest] = await workbench.runs.evaluations(id);
      return newest && (await workbench.runs.evaluation(id, newest.runId));
    });
    await look('select', async () => {
      const { result } = await job(() => workbench.runs.run(id, 'select', undefined, ['select.k=2']));
      const runId = result?.kind === 'ran' ? result.runIds.at(-1) : undefined;
      const selection = await loadSelection(await context.projects.opened(id), runId ?? '');
      return [[...selection.imageIds], [...selection.classIds]];
    });
    if (!unused) await classifyAndExport();
    if (!isAsBefore) await screens('after');
    return looks;
  } finally {
    await workbench.close();
  }
}

async function looked(work: () => Promise<unknown>): Promise<Looked> {
  try {
    return { kind: 'value', value: JSON.stringify(await work(), withoutTimes) };
  } catch (error) {
    const stack = error instanceof Error ? (error.stack ?? error.message) : String(error);
    if (!(error instanceof ExpectedFailure)) return { kind: 'broken', stack };
    const oneSentence =
      /^[^\n]+[.!?]$/.test(error.message) && !/\bat .+:\d+:\d+|This is a bug|\[object/.test(error.message);
    return oneSentence ? { kind: 'refused', sentence: error.message } : { kind: 'broken', stack };
  }
}

/**
 * Whatever differs between two runs of the same work: times, speeds, paths of copies. `explanations` are present only
 * while the project's recipe can be read.
 */
const VARYING = /^explanations$|^sequence$|At$|^seconds$|PerSecond$|^versions$|^directory$|^reportFile$|^settings$/;

function withoutTimes(key: string, value: unknown): unknown {
  if (VARYING.test(key)) return undefined;
  if (value instanceof Map) return [...value];
  return ArrayBuffer.isView(value) ? [...(value as Int32Array)] : value;
}

/** A copy of the project in a folder of its own. */
export function copyOf(project: FinishedProject, root: string): string {
  const folder = join(root, 'project');
  cpSync(project.folder, folder, { recursive: true, preserveTimestamps: true });
  return folder;
}
