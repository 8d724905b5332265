/** Training, labelling and comparing: recipes and their cost, the method as a job, runs and their figures. */
import { z } from 'zod';
import type { Project } from '../../catalogue/project.ts';
import { loadRunClasses, type RunClasses } from '../../catalogue/run-classes.ts';
import { deviceName } from '../../engines/device.ts';
import { supportedDevices, traitsOf } from '../../engines/engines.ts';
import { messageOf, WrongUsage } from '../../failure.ts';
import { architectureNames } from '../../models/family.ts';
import { presetNames } from '../../models/onnx/preprocessing.ts';
import { beginningOf } from '../../pipeline/beginning.ts';
import { bring, broughtAs } from '../../pipeline/bring-teacher.ts';
import { builtInRecipes } from '../../pipeline/built-in-recipes.ts';
import { previewCollection } from '../../pipeline/collection.ts';
import { deleteRun, deletionOf, deletionText } from '../../pipeline/delete-runs.ts';
import { requireRoom } from '../../pipeline/disk-room.ts';
import type { EffortName } from '../../pipeline/effort-kinds.ts';
import { effortOf } from '../../pipeline/efforts.ts';
import { estimateRun } from '../../pipeline/estimate.ts';
import { extendTeacher, keepAsTeacher, requireTeacher } from '../../pipeline/given-teacher.ts';
import { keepTraining } from '../../pipeline/keep-training.ts';
import { lastRecipe } from '../../pipeline/kept-recipe.ts';
import { lookAtFile } from '../../pipeline/look-at-file.ts';
import { runMethod } from '../../pipeline/method.ts';
import { expectedPhases, type MethodPlan, MethodProgress } from '../../pipeline/method-progress.ts';
import { rememberBrought } from '../../pipeline/models-folder/models-folder.ts';
import { openWorkspace } from '../../pipeline/open-workspace.ts';
import { builtIn, previewOf, previewRecipe } from '../../pipeline/preview-recipe.ts';
import { recipeSchema } from '../../pipeline/recipe-schema.ts';
import type { ResolvedRecipe } from '../../pipeline/resolve-recipe.ts';
import { rememberRates } from '../../pipeline/run-rates.ts';
import { readRun, readRuns } from '../../pipeline/runs.ts';
import { type Goal, goalNames, goals, stages } from '../../pipeline/stages.ts';
import { requireUsualEyes, usualEyes } from '../../pipeline/usual-eyes.ts';
import type { PipelineEvent } from '../../pipeline/workspace.ts';
import { writeReport } from '../../report/write-report.ts';
import type { TrainingPoint } from '../../training/train-request.ts';
import type { WorkbenchContext } from '../context.ts';
import type { Job, JobResult } from '../contract/jobs.ts';
import type {
  BringChoice,
  EffortsView,
  Estimate,
  EvaluationQuery,
  ImageUse,
  LineageNode,
  RecipeView,
  RunDeletion,
  RunImageWindow,
  RunInfo,
} from '../contract/runs.ts';
import { requireDrawn } from '../projects/sample-project.ts';
import { evaluatedImages } from '../runs/evaluated-images.ts';
import { evaluation, evaluations } from '../runs/evaluations.ts';
import { MeasuredEfforts } from '../runs/measured-efforts.ts';
import { tellOfMethod } from '../runs/method-events.ts';
import { runImages } from '../runs/run-images.ts';
import { requireRun, runCurve, runInfos, runLineage } from '../runs/run-infos.ts';
import { titlesOf } from '../runs/run-titles.ts';
import type { Page, RunsDesk as Service } from '../services.ts';
import { unfitNow } from '../work/being-read.ts';
import { hardwareOf } from '../work/claim.ts';
import type { JobHandle } from '../work/job-work.ts';

const runParameters = z.object({
  goal: z.enum(goalNames),
  recipe: z.string().nullable(),
  set: z.array(z.string()),
  /** Instead of the method: a teacher to train further, and for how many images. */
  extend: z.object({ runId: z.string(), images: z.int().min(1) }).nullable(),
  /** A recipe that was made for the project, instead of a named one. */
  made: recipeSchema.optional(),
});
/** Records of earlier releases have only the file. */
const importParameters = z.object({
  file: z.string(),
  as: z.enum(broughtAs).optional(),
  preset: z.enum(presetNames).optional(),
});
type RunParameters = z.infer<typeof runParameters>;

const NEEDS_RUNS: ReadonlySet<Job['kind']> = new Set([
  ...(['runMethod', 'runExperiment', 'classify', 'export', 'importTeacher'] as const),
]);

const effortTitles: Readonly<Record<EffortName, string>> = {
  quick: 'Quick: teacher, ranks, student and comparison',
  balanced: 'Balanced: teacher, ranks, student and comparison',
  best: 'Best: teacher, ranks, student and comparison',
};

export class RunsDesk implements Service {
  readonly #context: WorkbenchContext;
  readonly #efforts: MeasuredEfforts;

  constructor(context: WorkbenchContext) {
    this.#context = context;
    this.#efforts = new MeasuredEfforts(context);
    context.jobs.register('runMethod', (projectId, kept) => {
      const parameters = runParameters.parse(kept);
      return (job) => this.#run(projectId, parameters, job);
    });
    context.jobs.register('importTeacher', (projectId, kept) => {
      const { file, ...choice } = importParameters.parse(kept);
      return (job) => this.#import(projectId, file, choice, job);
    });
  }

  async require(projectId: string, runId: string): Promise<void> {
    await requireRun(await this.#context.projects.opened(projectId), runId);
  }

  async list(projectId: string): Promise<readonly RunInfo[]> {
    return await runInfos(await this.#context.projects.opened(projectId), this.#jobsOf(projectId));
  }

  async curve(projectId: string, runId: string): Promise<readonly TrainingPoint[]> {
    return await runCurve(await this.#context.projects.opened(projectId), runId);
  }

  async classes(projectId: string, runId: string): Promise<RunClasses> {
    const project = await this.#context.projects.opened(projectId);
    await requireRun(project, runId);
    return await loadRunClasses(project, runId);
  }

  async lineage(projectId: string, runId: string): Promise<readonly LineageNode[]> {
    return await runLineage(await this.#context.projects.opened(projectId), runId, this.#jobsOf(projectId));
  }

  async images(projectId: string, runId: string, use: ImageUse, page: Page): Promise<RunImageWindow> {
    return await runImages(await this.#context.projects.opened(projectId), runId, use, page);
  }

  async recipe(projectId: string, name: string | undefined, set: readonly string[]): Promise<RecipeView> {
    const project = await this.#context.projects.opened(projectId);
    const { sets: _, ...preview } = await previewRecipe(project, name, set);
    const beginning = await beginningOf(project, preview.recipe);
    const devices = supportedDevices().map(deviceName);
    const unfit = unfitNow(preview.unfit, this.#jobsOf(projectId));
    return { ...preview, unfit, beginning, builtIn: Object.keys(builtInRecipes), models: architectureNames, devices };
  }

  async estimate(projectId: string, goal: Goal, name: string | undefined, set: readonly string[]): Promise<Estimate> {
    const project = await this.#context.projects.opened(projectId);
    const { resolved, sets, unfit } = await previewRecipe(project, name, set);
    if (!resolved || !sets)
      throw new WrongUsage(unfitNow(unfit, this.#jobsOf(projectId)) ?? 'Nothing can be trained yet.');
    const { rates, trials, jobs } = this.#context;
    // Has to answer at once, for every setting that a person tries.
    const means = { rates, trials: jobs.computing ? undefined : trials, exactly: false };
    return await estimateRun({ project, goal, recipe: resolved, sets }, means);
  }

  /** Throws before anything is queued when the recipe or the collection does not allow it. */
  async run(
    projectId: string,
    goal: Goal,
    name: string | undefined,
    set: readonly string[],
    title: string = goals[goal].title,
  ): Promise<Job> {
    const project = await this.#context.projects.opened(projectId);
    const { resolved, sets, unfit } = await previewRecipe(project, name, set);
    if (!resolved || !sets)
      throw new WrongUsage(unfitNow(unfit, this.#jobsOf(projectId)) ?? 'Nothing can be trained yet.');
    const means = { rates: this.#context.rates, trials: undefined, exactly: false };
    requireRoom(project, await estimateRun({ project, goal, recipe: resolved, sets }, means));
    const parameters = { goal, recipe: name ?? null, set: [...set], extend: null };
    return this.#submit(projectId, title, parameters, resolved.engine.device);
  }

  async learning(projectId: string) {
    const eyes = await usualEyes(await this.#context.projects.opened(projectId));
    return { eyes: eyes?.file ?? null };
  }

  async learn(projectId: string): Promise<Job> {
    const { id } = await requireUsualEyes(await this.#context.projects.opened(projectId));
    const set = [`teacher.features=${id}`, 'teacher.run=null'];
    return await this.run(projectId, 'label', undefined, set, 'Learning from the labels');
  }

  async efforts(projectId: string): Promise<EffortsView> {
    await this.#context.projects.find(projectId);
    return this.#efforts.view(projectId);
  }

  async runEffort(projectId: string, name: EffortName): Promise<Job> {
    const project = await this.#context.projects.opened(projectId);
    const { rates, trials } = this.#context;
    const { recipe, estimate } =
      this.#efforts.effort(projectId, name) ?? (await effortOf(project, name, { rates, trials }));
    requireRoom(project, estimate);
    const parameters = { goal: 'evaluate', recipe: null, set: [], extend: null, made: recipe } satisfies RunParameters;
    return this.#submit(projectId, effortTitles[name], parameters, recipe.engine.device);
  }

  async lookAtFile(projectId: string, file: string) {
    return await lookAtFile(await this.#context.projects.opened(projectId), file);
  }

  async importTeacher(projectId: string, file: string, choice: BringChoice = {}): Promise<Job> {
    const parameters = { file, ...choice };
    const title = 'Importing a teacher';
    return this.#context.jobs.submit({ kind: 'importTeacher', projectId, title, lane: 'io', parameters });
  }

  async useTeacher(projectId: string, runId: string): Promise<void> {
    const project = await this.#context.projects.opened(projectId);
    await requireRun(project, runId);
    const { heldOut, seed } = await lastRecipe(project);
    const sets = await previewCollection({ project, heldOutFraction: heldOut.fraction, seed });
    await requireTeacher(project, sets, runId);
    await keepAsTeacher(project, runId);
    this.#runsChanged(projectId);
  }

  async keep(projectId: string, runId: string) {
    const project = await this.#context.projects.opened(projectId);
    await requireRun(project, runId);
    const work = this.#jobsOf(projectId).find((job) => job.runId === runId && job.state === 'running');
    if (work)
      throw new WrongUsage(
        `“${work.title}” is working on this training: stop it first, or end it early there and keep it.`,
      );
    const { id } = await keepTraining(project, runId);
    this.#runsChanged(projectId);
    return { runId: id };
  }

  async deletion(projectId: string, runId: string): Promise<RunDeletion> {
    const project = await this.#context.projects.opened(projectId);
    await requireRun(project, runId);
    const deletion = await deletionOf(project, runId);
    const titles = titlesOf(await readRuns(project));
    const dependents = deletion.dependents.map(({ id, stage }) => ({
      runId: id,
      title: `${stages[stage].title}, ${titles.get(id) ?? id}`,
    }));
    return { runId, says: deletionText(deletion), bytes: deletion.bytes, dependents };
  }

  async delete(projectId: string, runId: string, agreed: readonly string[]): Promise<void> {
    const project = await this.#context.projects.opened(projectId);
    await requireRun(project, runId);
    // Jobs of the method reuse any run they find.
    const work = this.#jobsOf(projectId).find(
      ({ kind, state }) => NEEDS_RUNS.has(kind) && (state === 'running' || state === 'queued'),
    );
    if (work) {
      throw new WrongUsage(
        `“${work.title}” is in progress and may need this run: wait for it, or stop it, and then delete the run.`,
      );
    }
    await deleteRun(project, runId, agreed);
    this.#runsChanged(projectId);
  }

  async extend(projectId: string, runId: string, images: number): Promise<Job> {
    const project = await this.#context.projects.opened(projectId);
    const run = await requireRun(project, runId);
    if (run.stage !== 'teacher' || run.state !== 'succeeded') {
      throw new WrongUsage(
        'Only a trained teacher can be trained further; train a student again with a longer recipe.',
      );
    }
    const parameters = { goal: 'teacher', recipe: null, set: [], extend: { runId, images } } as const;
    const { engine } = await lastRecipe(project);
    return this.#submit(projectId, 'Training the teacher on', { ...parameters, set: [] }, engine.device);
  }

  async evaluations(projectId: string) {
    return await evaluations(await this.#context.projects.opened(projectId));
  }

  async evaluation(projectId: string, runId: string) {
    return await evaluation(await this.#context.projects.opened(projectId), runId, this.#jobsOf(projectId));
  }

  async evaluatedImages(projectId: string, runId: string, query: EvaluationQuery, page: Page) {
    return await evaluatedImages(await this.#context.projects.opened(projectId), runId, query, page);
  }

  #jobsOf(projectId: string): readonly Job[] {
    return this.#context.jobs.list().filter((job) => job.projectId === projectId);
  }

  #submit(projectId: string, title: string, parameters: RunParameters, device: string): Job {
    const claim = { lane: 'compute', hardware: hardwareOf(device) } as const;
    return this.#context.jobs.submit({ kind: 'runMethod', projectId, title, ...claim, parameters });
  }

  async #run(
    projectId: string,
    { goal, recipe, set, extend, made }: RunParameters,
    job: JobHandle,
  ): Promise<JobResult> {
    const project = await this.#context.projects.opened(projectId);
    const runIds: string[] = [];
    /** Those of them that were computed, not reused. */
    const computed: string[] = [];
    const shown = { device: '' };
    const hearers = { events: this.#context.events, projectId, job, shown, runIds, mayEndEarly: true };
    const tell = (event: PipelineEvent) => {
      if (event.kind === 'stageFinished' && !event.reused) computed.push(event.runId);
      const step = steps.step(event);
      if (step) job.progress({ ...step, unit: 'images' }, event.kind === 'decodeProgressed' ? 'decoding' : 'step');
      tellOfMethod(hearers, event);
    };
    if (recipe !== null) builtIn(recipe);
    requireDrawn(project);
    // Shown until the images are decoded: with an automatic device, every device is tested, which can take a minute.
    const preparing = {
      label: 'Preparing: images and devices',
      done: 0,
      total: null,
      unit: 'devices',
      detail: '',
    } as const;
    const { reached } = job;
    job.progress({ ...preparing, whole: { share: reached, secondsLeft: null } }, 'catalogue');
    const steps = new MethodProgress(await this.#planOf(project, { goal, recipe, set, extend, made }), reached);
    const { workspace, collection } = await openWorkspace(
      project,
      { ...(recipe === null ? {} : { recipe }), ...(made && { made }), set, ...(extend ? {} : { goal }) },
      {
        ...{ signal: job.signal, finishSignal: () => job.finishSignal, tell },
        endedEarly: { runIds: job.kept, add: (runId) => job.keep(runId) },
      },
    );
    shown.device = deviceName(workspace.target.device);
    job.computesOn(traitsOf(workspace.target.device).hardware);
    try {
      if (extend) {
        await extendTeacher(workspace, collection, await requireRun(project, extend.runId), extend.images);
        this.#runsChanged(projectId);
      } else {
        const { evaluate } = await runMethod(workspace, collection, goal);
        if (evaluate) {
          job.awaits('disk');
          await writeReport(project, evaluate.id);
          // The event for the comparison was sent before its report existed.
          this.#runsChanged(projectId);
        }
      }
    } finally {
      await rememberRates(this.#context.rates, project, computed);
    }
    return { kind: 'ran', runIds };
  }

  /** What the progress bar is based on; undefined if it cannot be determined, which the work itself then reports. */
  async #planOf(project: Project, { goal, recipe, set, extend, made }: RunParameters): Promise<MethodPlan | undefined> {
    if (extend) {
      const run = await readRun(project, extend.runId);
      const phases = [{ name: goal, seconds: 1, guessed: true }];
      return run && { recipe: run.recipe as ResolvedRecipe, phases };
    }
    const { resolved, sets } = made
      ? await previewOf(project, made, set)
      : await previewRecipe(project, recipe ?? undefined, set);
    if (!resolved || !sets) return undefined;
    const means = { rates: this.#context.rates, trials: undefined, exactly: false };
    const estimate = await estimateRun({ project, goal, recipe: resolved, sets }, means);
    return { recipe: resolved, phases: expectedPhases(estimate) };
  }

  async #import(projectId: string, file: string, { as, preset }: BringChoice, job: JobHandle): Promise<JobResult> {
    const project = await this.#context.projects.opened(projectId);
    const { kind, id, sentences } = await bring(project, file, { preset }, as);
    for (const sentence of sentences) job.log(sentence);
    // The file has been brought even if the settings folder cannot be written.
    await rememberBrought(this.#context.settingsFolder, file).catch((error: unknown) => job.log(messageOf(error)));
    this.#runsChanged(projectId);
    return { kind: 'ran', runIds: kind === 'network' ? [id] : [] };
  }

  #runsChanged(projectId: string): void {
    this.#context.events.tell({ kind: 'projectChanged', projectId, part: 'runs' });
  }
}
