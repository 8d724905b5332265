/** Experiments: the available ones, their cost, running one as a job, and its results as they arrive. */
import { readFile } from 'node:fs/promises';
import { z } from 'zod';
import type { Project } from '../../catalogue/project.ts';
import { deviceName } from '../../engines/device.ts';
import { traitsOf } from '../../engines/engines.ts';
import {
  builtInExperiment,
  builtInExperiments,
  builtInNamed,
  builtInNames,
} from '../../experiments/built-in-experiments.ts';
import { MOST_SEEDS, parseExperiment, USUAL_SEEDS } from '../../experiments/experiment.ts';
import { ExperimentProgress } from '../../experiments/experiment-progress.ts';
import { experimentSvg, type PlotScheme } from '../../experiments/experiment-svg.ts';
import { findingOf } from '../../experiments/experiment-verdict.ts';
import {
  type ExperimentGround,
  type ExperimentPlan,
  estimateMethods,
  groundOf,
  planExperiment,
  summed,
} from '../../experiments/plan-experiment.ts';
import { type ExperimentEvent, runExperiment } from '../../experiments/run-experiment.ts';
import {
  type ResultFile,
  type ResultRecord,
  readResults,
  resultRecord,
  savedNames,
  saveExperiment,
} from '../../experiments/save-experiment.ts';
import { ExpectedFailure, WrongUsage } from '../../failure.ts';
import { requireRoom } from '../../pipeline/disk-room.ts';
import { builtIn } from '../../pipeline/preview-recipe.ts';
import { rememberRates } from '../../pipeline/run-rates.ts';
import { asSystemFailure } from '../../system-failure.ts';
import { isMissing } from '../../why-unread.ts';
import type { WorkbenchContext } from '../context.ts';
import type {
  AskedExperiment,
  ExperimentInfo,
  ExperimentLook,
  ExperimentResults,
  ExperimentsView,
} from '../contract/experiments.ts';
import type { Job, JobResult } from '../contract/jobs.ts';
import { NotFound } from '../failures.ts';
import { requireDrawn } from '../projects/sample-project.ts';
import { tellOfMethod } from '../runs/method-events.ts';
import type { AskedRecipe, ExperimentsDesk as Service } from '../services.ts';
import { hardwareOfAll } from '../work/claim.ts';
import type { JobHandle } from '../work/job-work.ts';

const parameters = z.object({
  experiment: z.discriminatedUnion('kind', [
    z.object({ kind: z.literal('builtIn'), name: z.string() }),
    z.object({ kind: z.literal('written'), file: z.string(), text: z.string() }),
  ]),
  seeds: z.int().min(1).max(MOST_SEEDS),
  recipe: z.string().nullable(),
  set: z.array(z.string()),
});
type Parameters = z.infer<typeof parameters>;

/** The results so far of a running experiment. */
interface SoFar {
  readonly record: ResultRecord;
  readonly judged: number;
  readonly of: number;
}

export class ExperimentsDesk implements Service {
  readonly #context: WorkbenchContext;
  /** By project and name. */
  readonly #underWay = new Map<string, SoFar>();

  constructor(context: WorkbenchContext) {
    this.#context = context;
    context.jobs.register('runExperiment', (projectId, kept) => {
      const asked = parameters.parse(kept);
      return (job) => this.#run(projectId, asked, job);
    });
  }

  async list(projectId: string, asked: AskedRecipe): Promise<ExperimentsView> {
    const project = await this.#context.projects.opened(projectId);
    const ground = await fitting(() => groundOf(project, recipeOf(asked)));
    const saved = new Set(await savedNames(project));
    const own: ExperimentInfo[] = [];
    for (const name of builtInNames) {
      const { title, question, claim } = builtInExperiments[name];
      const made = typeof ground === 'string' ? ground : await fitting(async () => builtInExperiment(name, ground));
      own.push({
        ...{ name, title, question, claim: claim ?? null, done: saved.has(name) },
        cells: typeof made === 'string' ? [] : made.cells.map((cell) => cell.name),
        unfit: typeof made === 'string' ? made : null,
      });
    }
    const others = [];
    for (const name of saved) {
      if (builtInNamed(name) !== undefined) continue;
      const found = await readResults(project, name);
      if (found) others.push({ name, title: found.record.title });
    }
    return { builtIn: own, others, usualSeeds: USUAL_SEEDS, mostSeeds: MOST_SEEDS };
  }

  async estimate(
    projectId: string,
    asked: AskedRecipe,
    experiment: AskedExperiment,
    seeds: number | undefined,
  ): Promise<ExperimentLook> {
    const project = await this.#context.projects.opened(projectId);
    const plan = await planOf(project, await groundOf(project, recipeOf(asked)), experiment, seeds);
    const { rates, trials, jobs } = this.#context;
    // Has to answer at once, whenever a person selects an experiment.
    const means = { rates, trials: jobs.computing ? undefined : trials, exactly: false };
    const estimate = summed(plan, await estimateMethods(project, plan, means));
    const { name, title, question, cells, against } = plan.experiment;
    return {
      ...{ name, title, question, against, cells: cells.map((cell) => cell.name) },
      seeds: plan.seeds.length,
      estimate,
    };
  }

  /** Throws before anything is queued if the recipe, the collection or the disk does not allow it. */
  async start(
    projectId: string,
    asked: AskedRecipe,
    experiment: AskedExperiment,
    seeds: number | undefined,
  ): Promise<Job> {
    const project = await this.#context.projects.opened(projectId);
    const ground = await groundOf(project, recipeOf(asked));
    const plan = await planOf(project, ground, experiment, seeds);
    const means = { rates: this.#context.rates, trials: undefined, exactly: false };
    requireRoom(project, summed(plan, await estimateMethods(project, plan, means)));
    const kept: Parameters = {
      ...{ experiment, seeds: plan.seeds.length },
      recipe: asked.recipe ?? null,
      set: [...asked.set],
    };
    const claim = { lane: 'compute', hardware: hardwareOfAll(plan.devices) } as const;
    const title = `Experiment “${plan.experiment.title}”`;
    return this.#context.jobs.submit({ kind: 'runExperiment', projectId, title, ...claim, parameters: kept });
  }

  async results(projectId: string, name: string): Promise<ExperimentResults | null> {
    const project = await this.#context.projects.opened(projectId);
    const soFar = this.#underWay.get(keyOf(projectId, name));
    const saved = await readResults(project, name);
    const folder = saved ? project.path('experiments', name) : null;
    if (soFar) {
      const { record, judged, of } = soFar;
      return { ...shown(record), ...{ verdict: null, judged, of, savedAt: null, folder } };
    }
    if (!saved) return null;
    const { verdict, cells } = saved.record;
    const judged = new Set(cells.flatMap(({ runs }) => runs.map(({ run }) => run))).size;
    return { ...shown(saved.record), ...{ verdict, judged, of: judged, savedAt: saved.savedAt, folder } };
  }

  async plot(projectId: string, name: string, scheme: PlotScheme): Promise<string> {
    const results = await this.results(projectId, name);
    if (!results) throw new NotFound(`The experiment “${name}” has no results yet: start it first.`);
    const { title, against, cells, seeds } = results;
    return experimentSvg({ experiment: { title, against }, cells, seeds }, scheme);
  }

  async file(projectId: string, name: string, file: ResultFile): Promise<Uint8Array> {
    const project = await this.#context.projects.opened(projectId);
    const path = project.path('experiments', name, file);
    try {
      return await readFile(path);
    } catch (error) {
      if (!isMissing(error)) throw asSystemFailure(error, path);
      throw new NotFound(`The experiment “${name}” has no file ${file} yet: start it first.`);
    }
  }

  async #run(projectId: string, { experiment, seeds, recipe, set }: Parameters, job: JobHandle): Promise<JobResult> {
    const project = await this.#context.projects.opened(projectId);
    requireDrawn(project);
    const { rates, events } = this.#context;
    job.awaits('catalogue');
    const asked = recipeOf(recipe === null ? { set } : { recipe, set });
    const plan = await planOf(project, await groundOf(project, asked), experiment, seeds);
    const methods = await estimateMethods(project, plan, { rates, trials: undefined, exactly: false });
    const progress = new ExperimentProgress(methods, job.reached);
    /** By seed. */
    const devices = new Map<number, { device: string }>();
    const hearers = { events, projectId, job, runIds: [], mayEndEarly: false };
    const computed: string[] = [];
    const tell = (event: ExperimentEvent, seed: number) => {
      const step = progress.step(event, seed);
      if (step) job.progress({ ...step, unit: 'images' }, event.kind === 'decodeProgressed' ? 'decoding' : 'step');
      if (event.kind === 'cellsStarted') {
        job.log(`${event.place} of ${event.of}, seed ${event.seed}: ${event.cells.join('; ')}`);
        return;
      }
      if (event.kind === 'stageFinished' && !event.reused) computed.push(event.runId);
      tellOfMethod({ ...hearers, shown: devices.get(seed) ?? { device: '' } }, event);
    };
    const { name } = plan.experiment;
    const key = keyOf(projectId, name);
    try {
      const result = await runExperiment(project, plan, {
        ...{ signal: job.signal, tell },
        opened: ({ target, recipe: { seed } }) => {
          devices.set(seed, { device: deviceName(target.device) });
          // Several devices are named, and claimed from the start.
          if (plan.devices.length === 1) job.computesOn(traitsOf(target.device).hardware);
        },
        judged: (soFar, judged) => {
          this.#underWay.set(key, { record: resultRecord(soFar), judged, of: methods.length });
          events.tell({ kind: 'projectChanged', projectId, part: 'experiments' });
        },
      });
      job.awaits('disk');
      await saveExperiment(project, result);
    } finally {
      this.#underWay.delete(key);
      events.tell({ kind: 'projectChanged', projectId, part: 'experiments' });
      await rememberRates(rates, project, computed);
    }
    return { kind: 'experimented', experiment: name };
  }
}

/** A page must not make the workbench read arbitrary recipe files. */
function recipeOf({ recipe, set }: AskedRecipe) {
  if (recipe === undefined) return { set };
  builtIn(recipe);
  return { recipe, set };
}

async function planOf(
  project: Project,
  ground: ExperimentGround,
  asked: AskedExperiment,
  seeds: number | undefined,
): Promise<ExperimentPlan> {
  if (asked.kind === 'written') {
    const written = parseExperiment(asked.text, asked.file);
    return await planExperiment(project, written.experiment, ground, seeds ?? written.seeds ?? USUAL_SEEDS);
  }
  const name = builtInNamed(asked.name);
  if (name === undefined) {
    throw new WrongUsage(`There is no experiment “${asked.name}”: choose one of ${builtInNames.join(', ')}.`);
  }
  return await planExperiment(project, builtInExperiment(name, ground), ground, seeds ?? USUAL_SEEDS);
}

/** The result of `work`, or the sentence that says why it is not possible. */
async function fitting<Value extends object>(work: () => Promise<Value>): Promise<Value | string> {
  try {
    return await work();
  } catch (error) {
    if (error instanceof ExpectedFailure) return error.message;
    throw error;
  }
}

function shown({ cells, verdict: _, ...record }: ResultRecord) {
  return { ...record, cells: cells.map((cell) => ({ ...cell, finding: findingOf(cell) })) };
}

function keyOf(projectId: string, name: string): string {
  return `${projectId}/${name}`;
}
