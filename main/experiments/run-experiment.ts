/**
 * Runs an experiment: the whole method for every cell and seed. Stages that cells share have the same name and therefore run
 * once. A cell that was finished before is reused, even after a `kill -9`, and one that was in progress continues. With several
 * devices, seeds are computed side by side, one on each.
 */
import type { Project } from '../catalogue/project.ts';
import { deviceName } from '../engines/device.ts';
import { combinedRun } from '../pipeline/combined-teacher.ts';
import { type DeviceLane, eachOnDevices } from '../pipeline/each-on-devices.ts';
import { readEvaluations } from '../pipeline/evaluations-file.ts';
import { heldOutHalf } from '../pipeline/held-out-halves.ts';
import { runLabels, runMethod } from '../pipeline/method.ts';
import { openWorkspace } from '../pipeline/open-workspace.ts';
import { runRounds } from '../pipeline/rounds.ts';
import type { RunRecord } from '../pipeline/run-record.ts';
import { inTurn } from '../pipeline/run-turns.ts';
import type { EvaluatedModel } from '../pipeline/stages.ts';
import type { PipelineEvent, Workspace } from '../pipeline/workspace.ts';
import { valueAt } from '../value-at.ts';
import type { Experiment } from './experiment.ts';
import { type ExperimentPlan, seeded, teacherSeeds, type Variant } from './plan-experiment.ts';
import { type Answers, accuracyOver, answersOf, differenceOver, type SeededFigure } from './seed-intervals.ts';

export type ExperimentEvent =
  | PipelineEvent
  | {
      readonly kind: 'cellsStarted';
      /** All cells that this run of the method judges. */
      readonly cells: readonly string[];
      readonly seed: number;
      /** Among all runs of the method, counted from 1. */
      readonly place: number;
      readonly of: number;
    };

export interface CellRun {
  readonly seed: number;
  /** The comparison in which it was judged. */
  readonly run: string;
  readonly top1: number;
}

export interface CellResult {
  readonly name: string;
  readonly model: EvaluatedModel;
  readonly runs: readonly CellRun[];
  /** With its 95 % interval. */
  readonly top1: SeededFigure;
  /** Compared with the experiment's reference cell, for which it is null. All intervals hold simultaneously at 95 %. */
  readonly difference: SeededFigure | null;
}

export interface ExperimentResult {
  readonly experiment: Experiment;
  readonly seeds: readonly number[];
  readonly labelled: number;
  readonly unlabelled: number;
  readonly heldOut: number;
  readonly device: string;
  readonly cells: readonly CellResult[];
}

interface Judged {
  readonly run: string;
  readonly seed: number;
  readonly top1: number;
  readonly answers: Answers;
}

export interface ExperimentHost {
  readonly signal: AbortSignal;
  /** `seed`: the one that the event belongs to; several may be in progress. */
  tell(event: ExperimentEvent, seed: number): void;
  /** Called when the device is chosen, before anything of these cells is computed. */
  opened?(workspace: Workspace): void;
  /** The results after `done` runs of the method; cells that have not been judged yet are left out. */
  judged?(soFar: ExperimentResult, done: number): void;
  /** All cells of a seed are judged; other seeds may still be in progress. */
  seedFinished?(seed: number): void;
}

export async function runExperiment(
  project: Project,
  plan: ExperimentPlan,
  { signal, tell, opened, judged: onJudged, seedFinished }: ExperimentHost,
): Promise<ExperimentResult> {
  const { experiment, seeds, variants } = plan;
  const judged = new Map<string, Judged[]>(experiment.cells.map(({ name }) => [name, []]));
  const devices = new Set<string>();
  let done = 0;
  const found = (): ExperimentResult => ({
    ...{ experiment, seeds, device: [...devices].join(', ') },
    labelled: plan.sets.labelled.imageIds.length,
    unlabelled: plan.sets.unlabelled.length,
    heldOut: judgingImages(plan).length,
    cells: resultsOf(experiment, judged),
  });
  const notRepeated = withoutRepeats(tell);
  await eachOnDevices(seeds, plan.devices, signal, async (seed, lane) => {
    const host = { ...lane, tell: (event: PipelineEvent) => notRepeated(event, seed) };
    for (const [index, variant] of variants.entries()) {
      const place = seeds.indexOf(seed) * variants.length + index + 1;
      tell({ kind: 'cellsStarted', cells: variant.cells, seed, place, of: seeds.length * variants.length }, seed);
      const evaluate = await comparisonOf(project, plan, { variant, seed }, host, (workspace) => {
        devices.add(deviceName(workspace.target.device));
        opened?.(workspace);
      });
      const evaluations = new Map(await readEvaluations(project, evaluate.id));
      for (const name of variant.cells) {
        const cell = experiment.cells.find((one) => one.name === name);
        if (!cell) throw new Error(`there is no cell ${name}`);
        const all = answersOf(valueAt(evaluations, cell.model));
        const answers = experiment.judgedByHalf === true ? heldOutHalf(all, 'judges') : all;
        valueAt(judged, name).push({ run: evaluate.id, seed, top1: shareOfRight(answers), answers });
      }
      done += 1;
      onJudged?.(found(), done);
    }
    seedFinished?.(seed);
  });
  if (done === 0) throw new Error('an experiment has a cell');
  return found();
}

/** Runs the method as a cell needs it with this seed; resolves to the comparison. */
async function comparisonOf(
  project: Project,
  plan: ExperimentPlan,
  { variant, seed }: { readonly variant: Variant; readonly seed: number },
  host: DeviceLane & { readonly tell: (event: PipelineEvent) => void },
  onOpened: (workspace: Workspace) => void,
): Promise<RunRecord> {
  const { experiment, base, seeds, sets } = plan;
  const open = async (ofSeed: number) => {
    const set = seeded(variant, ofSeed, host.device);
    const { labelsAlone } = experiment;
    const options = { made: base, set, goal: 'evaluate', once: true, labelsAlone } as const;
    // All of them use the same images, which the first one decodes.
    const opened = await inTurn(project, 'opening', () => openWorkspace(project, options, host));
    onOpened(opened.workspace);
    return opened;
  };
  const { workspace, collection } = await open(seed);
  const { rounds, teachers } = variant;
  const runs = async (): Promise<{ readonly evaluate?: RunRecord }> => {
    if (experiment.labelsAlone === true) return await runLabels(workspace, collection);
    if (rounds !== undefined) return (await runRounds(workspace, collection, rounds, () => {})).at(-1)?.runs ?? {};
    if (!teachers) return await runMethod(workspace, collection, 'evaluate');
    const members: string[] = [];
    for (const other of teacherSeeds(seeds, seed, teachers.count)) {
      const own = await open(other);
      members.push((await runMethod(own.workspace, own.collection, 'teacher')).teacher.id);
    }
    const { recipe } = workspace;
    const { id } = await combinedRun(project, { how: teachers.how, members }, { sets, resolved: recipe });
    const taught = { ...workspace, recipe: { ...recipe, teacher: { ...recipe.teacher, run: id, features: null } } };
    return await runMethod(taught, collection, 'evaluate');
  };
  const { evaluate } = await runs();
  if (!evaluate) throw new Error('the whole method ends with a comparison');
  return evaluate;
}

function judgingImages({ experiment, sets }: ExperimentPlan): Int32Array {
  const { imageIds } = sets.heldOut;
  return experiment.judgedByHalf === true ? heldOutHalf(imageIds, 'judges') : imageIds;
}

function shareOfRight(answers: Answers): number {
  return answers.reduce((sum, answer) => sum + answer, 0) / answers.length;
}

/**
 * All intervals of differences hold simultaneously at 95 % (Bonferroni): otherwise the best of many cells would look better too
 * easily.
 */
function resultsOf({ cells, against }: Experiment, judged: ReadonlyMap<string, readonly Judged[]>): CellResult[] {
  const bySeed = (name: string) => valueAt(judged, name).toSorted((a, b) => a.seed - b.seed);
  const answers = (some: readonly Judged[]) => some.map((one) => one.answers);
  const together = 1 - 0.05 / Math.max(1, cells.length - 1);
  const reference = bySeed(against);
  return cells.flatMap(({ name, model }) => {
    const own = bySeed(name);
    if (own.length === 0) return [];
    // While the experiment runs, each of the two may have seeds that the other still lacks.
    const both = own.filter(({ seed }) => reference.some((one) => one.seed === seed));
    const beside = reference.filter(({ seed }) => both.some((one) => one.seed === seed));
    return [
      {
        ...{ name, model },
        runs: own.map(({ seed, run, top1 }) => ({ seed, run, top1 })),
        top1: accuracyOver(answers(own), 0.95),
        difference:
          name === against || both.length === 0 ? null : differenceOver(answers(both), answers(beside), together),
      },
    ];
  });
}

/** A note on the collection is the same for every cell, so it is passed on once. */
function withoutRepeats(tell: ExperimentHost['tell']): ExperimentHost['tell'] {
  const told = new Set<string>();
  return (event, seed) => {
    if (event.kind === 'noted') {
      if (told.has(event.message)) return;
      told.add(event.message);
    }
    tell(event, seed);
  };
}
