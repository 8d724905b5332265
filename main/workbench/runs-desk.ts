/** Training, labelling and comparing: recipes and what they would cost, the method as a job, runs and their figures. */
import { z } from 'zod';
import { WrongUsage } from '../failure.ts';
import { architectureNames } from '../models/family.ts';
import { builtInRecipes } from '../pipeline/built-in-recipes.ts';
import { readCollection } from '../pipeline/collection.ts';
import { extendTeacher, importTeacher } from '../pipeline/given-teacher.ts';
import { type Goal, runMethod } from '../pipeline/method.ts';
import { openWorkspace } from '../pipeline/open-workspace.ts';
import { builtIn, previewRecipe } from '../pipeline/preview-recipe.ts';
import type { PipelineEvent } from '../pipeline/workspace.ts';
import { writeReport } from '../report/write-report.ts';
import type { TrainingPoint } from '../training/train-request.ts';
import type { WorkbenchContext } from './context.ts';
import type { Job, JobResult } from './contract/jobs.ts';
import type { Estimate, EvaluationQuery, LineageNode, RecipeView, RunInfo, Stage } from './contract/runs.ts';
import { estimateRun } from './estimate.ts';
import { evaluatedImages } from './evaluated-images.ts';
import { evaluation, evaluations } from './evaluations.ts';
import type { JobHandle } from './job-work.ts';
import { requireRun, runCurve, runInfos, runLineage } from './run-infos.ts';
import type { Page, RunsDesk as Service } from './services.ts';

const runParameters = z.object({
  goal: z.enum(['teacher', 'label', 'select', 'student', 'evaluate']),
  recipe: z.string().nullable(),
  set: z.array(z.string()),
  /** Instead of the method: a teacher to train on, and for how many images. */
  extend: z.object({ runId: z.string(), images: z.int().min(1) }).nullable(),
});
type RunParameters = z.infer<typeof runParameters>;

const GOALS: Readonly<Record<Goal, string>> = {
  teacher: 'Training the teacher',
  label: 'Labelling the collection',
  select: 'Selecting the top K',
  student: 'Training the student',
  evaluate: 'Training and comparing',
};
const STAGES: Readonly<Record<Stage, string>> = {
  teacher: 'Teacher',
  label: 'Labelling',
  select: 'Selection',
  supervised: 'Student, labels only',
  pretrain: 'Student, pre-training',
  finetune: 'Student, fine-tuning',
  evaluate: 'Comparison',
};

export class RunsDesk implements Service {
  readonly #context: WorkbenchContext;

  constructor(context: WorkbenchContext) {
    this.#context = context;
    context.jobs.register('runMethod', (projectId, kept) => {
      const parameters = runParameters.parse(kept);
      return (job) => this.#run(projectId, parameters, job);
    });
    context.jobs.register('importTeacher', (projectId, kept) => {
      const { file } = z.object({ file: z.string() }).parse(kept);
      return () => this.#import(projectId, file);
    });
  }

  async list(projectId: string): Promise<readonly RunInfo[]> {
    return await runInfos(await this.#context.projects.opened(projectId));
  }

  async curve(projectId: string, runId: string): Promise<readonly TrainingPoint[]> {
    return await runCurve(await this.#context.projects.opened(projectId), runId);
  }

  async lineage(projectId: string, runId: string): Promise<readonly LineageNode[]> {
    return await runLineage(await this.#context.projects.opened(projectId), runId);
  }

  async recipe(projectId: string, name: string | undefined, set: readonly string[]): Promise<RecipeView> {
    const preview = await previewRecipe(await this.#context.projects.opened(projectId), name, set);
    return { ...preview, builtIn: Object.keys(builtInRecipes), models: architectureNames };
  }

  async estimate(projectId: string, goal: Goal, name: string | undefined, set: readonly string[]): Promise<Estimate> {
    const project = await this.#context.projects.opened(projectId);
    const { resolved, unfit } = await previewRecipe(project, name, set);
    if (!resolved) throw new WrongUsage(unfit ?? 'Nothing can be trained yet.');
    return await estimateRun(project, goal, resolved, resolved.engine.device);
  }

  /** Throws before anything is queued when the recipe or the collection does not allow it. */
  async run(projectId: string, goal: Goal, name: string | undefined, set: readonly string[]): Promise<Job> {
    const project = await this.#context.projects.opened(projectId);
    const { unfit } = await previewRecipe(project, name, set);
    if (unfit !== null) throw new WrongUsage(unfit);
    return this.#submit(projectId, GOALS[goal], { goal, recipe: name ?? null, set: [...set], extend: null });
  }

  async importTeacher(projectId: string, file: string): Promise<Job> {
    const parameters = { file };
    const title = 'Importing a teacher';
    return this.#context.jobs.submit({ kind: 'importTeacher', projectId, title, lane: 'io', parameters });
  }

  async extend(projectId: string, runId: string, images: number): Promise<Job> {
    const run = await requireRun(await this.#context.projects.opened(projectId), runId);
    if (run.stage !== 'teacher' || run.state !== 'succeeded') {
      throw new WrongUsage(
        'Only a teacher that is trained can be extended; a student is trained anew with a longer recipe.',
      );
    }
    const parameters = { goal: 'teacher', recipe: null, set: [], extend: { runId, images } } as const;
    return this.#submit(projectId, 'Training the teacher on', { ...parameters, set: [] });
  }

  async evaluations(projectId: string) {
    return await evaluations(await this.#context.projects.opened(projectId));
  }

  async evaluation(projectId: string, runId: string) {
    return await evaluation(await this.#context.projects.opened(projectId), runId);
  }

  async evaluatedImages(projectId: string, runId: string, query: EvaluationQuery, page: Page) {
    return await evaluatedImages(await this.#context.projects.opened(projectId), runId, query, page);
  }

  #submit(projectId: string, title: string, parameters: RunParameters): Job {
    return this.#context.jobs.submit({ kind: 'runMethod', projectId, title, lane: 'compute', parameters });
  }

  async #run(projectId: string, { goal, recipe, set, extend }: RunParameters, job: JobHandle): Promise<JobResult> {
    const project = await this.#context.projects.opened(projectId);
    const runIds: string[] = [];
    const shown = { device: '' };
    const tell = (event: PipelineEvent) => this.#show(projectId, event, job, shown, runIds);
    if (recipe !== null) builtIn(recipe);
    const { workspace, collection } = await openWorkspace(
      project,
      { ...(recipe === null ? {} : { recipe }), set },
      { signal: job.signal, finishSignal: () => job.finishSignal, tell },
    );
    shown.device = workspace.target.device;
    if (extend) await extendTeacher(workspace, collection, await requireRun(project, extend.runId), extend.images);
    else {
      await runMethod(workspace, collection, goal);
      if (goal === 'evaluate') await writeReport(project);
    }
    return { kind: 'ran', runIds };
  }

  async #import(projectId: string, file: string): Promise<JobResult> {
    const project = await this.#context.projects.opened(projectId);
    const { recipe, resolved, unfit } = await previewRecipe(project, undefined, []);
    if (!resolved) throw new WrongUsage(unfit ?? 'The collection is not ready for a teacher.');
    const sets = await readCollection({
      project,
      heldOutFraction: recipe.heldOut.fraction,
      seed: recipe.seed,
      signal: new AbortController().signal,
      tell: () => {},
    });
    const { id } = await importTeacher(project, file, sets, resolved);
    this.#context.events.tell({ kind: 'projectChanged', projectId, part: 'runs' });
    return { kind: 'ran', runIds: [id] };
  }

  #show(projectId: string, event: PipelineEvent, job: JobHandle, shown: { device: string }, runIds: string[]): void {
    const { events } = this.#context;
    switch (event.kind) {
      case 'decodeProgressed':
        job.progress({ label: 'Decoding', done: event.done, total: event.total, unit: 'images', detail: '' });
        break;
      case 'stageStarted':
        job.run(event.runId, shown.device);
        job.log(`${STAGES[event.stage]}${event.resumed ? ' goes on where it stopped' : ''} (${event.runId})`);
        events.tell({ kind: 'projectChanged', projectId, part: 'runs' });
        break;
      case 'stageProgressed':
        job.progress({
          label: STAGES[event.stage],
          done: event.done,
          total: event.total,
          unit: 'images',
          detail: event.detail,
        });
        break;
      case 'stageFinished':
        runIds.push(event.runId);
        job.log(
          `${STAGES[event.stage]}: ${event.reused ? 'done before, taken over' : `${Math.round(event.seconds)} s`}`,
        );
        events.tell({ kind: 'projectChanged', projectId, part: 'runs' });
        break;
      case 'curveGrew':
        events.tell({ kind: 'curveGrew', projectId, runId: event.runId, points: [event.point] });
        break;
      case 'noted':
        job.log(event.message);
        break;
      default:
        event satisfies never;
    }
  }
}
