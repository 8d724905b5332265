/**
 * Progress of the method for display, from its events: the phase, its network, how far, how fast, time left, and
 * overall progress. The command line and the workbench show the same.
 */
import { ProgressRate, type Rated } from '../progress-rate.ts';
import type { Estimate } from './estimate.ts';
import { networkTitle } from './network-choice.ts';
import type { ResolvedRecipe } from './resolve-recipe.ts';
import { type StageCost, type StageName, stages } from './stages.ts';
import { type ExpectedPhase, type Whole, WholeProgress } from './whole-progress.ts';
import type { PipelineEvent } from './workspace.ts';

export interface MethodStep extends Rated {
  /** The phase, such as “Teacher: training”. */
  readonly label: string;
  /** The network being trained or run; null if there is none, or several. */
  readonly model: string | null;
  readonly done: number;
  readonly total: number;
  /** For example “loss 0.312”. */
  readonly detail: string;
  readonly whole: Whole;
}

export interface MethodPlan {
  readonly recipe: ResolvedRecipe;
  readonly phases: readonly ExpectedPhase[];
}

const DECODING = 'decoding';
const LOOKING = 'Looking at images';
/** The least time of a phase: reading a list, preparing a session and writing results take a moment. */
const LEAST_SECONDS = 1;
/** Relative costs per image, prediction being 1, where nothing was measured. */
const COSTS: Readonly<Record<StageCost | 'decode', number>> = {
  decode: 0.5,
  train: 3,
  predict: 1,
  rank: 0.01,
  compare: 1,
};
/** Assumed cost of a prediction if nothing at all was measured; only ratios matter then. */
const SECONDS_AN_IMAGE = 0.01;

/** The phases still to be done, each with its expected duration. */
export function expectedPhases({ decoding, stages: all }: Pick<Estimate, 'decoding' | 'stages'>): ExpectedPhase[] {
  const open = [
    ...(decoding.images > 0
      ? [{ name: DECODING, cost: COSTS.decode * decoding.images, seconds: decoding.seconds }]
      : []),
    // Whether there will be further rounds is not known.
    ...all
      .filter(({ done, round }) => !done && round === undefined)
      .map(({ stage, images, seconds }) => ({ name: stage, cost: COSTS[stages[stage].cost] * images, seconds })),
  ];
  const measured = open.filter(({ seconds, cost }) => seconds !== null && cost > 0);
  const sum = (values: readonly number[]) => values.reduce((total, value) => total + value, 0);
  const secondsPerCost =
    measured.length === 0
      ? SECONDS_AN_IMAGE
      : sum(measured.map(({ seconds }) => seconds ?? 0)) / sum(measured.map(({ cost }) => cost));
  return open.map(({ name, cost, seconds }) => ({
    name,
    seconds: Math.max(LEAST_SECONDS, seconds ?? cost * secondsPerCost),
    guessed: seconds === null,
  }));
}

export class MethodProgress {
  readonly #whole: WholeProgress;
  readonly #recipe: ResolvedRecipe | undefined;
  readonly #rate = new ProgressRate();
  readonly #nowMs: () => number;
  /** The stage in progress. */
  #stage: StageName | undefined;

  /**
   * `from`: overall progress when it was stopped before. `plan` is absent if nothing is known about the phases to come.
   */
  constructor(plan: MethodPlan | undefined, from = 0, nowMs: () => number = () => performance.now()) {
    this.#recipe = plan?.recipe;
    this.#whole = new WholeProgress(plan?.phases ?? [], from);
    this.#nowMs = nowMs;
  }

  /** The phase that a progress event belongs to; undefined for any other event. */
  phaseOf(event: PipelineEvent): string | undefined {
    switch (event.kind) {
      case 'decodeProgressed':
        return DECODING;
      case 'lookProgressed':
        // Part of the stage that requested it, counted in its time.
        return this.#stage ?? LOOKING;
      case 'stageProgressed':
        return event.stage;
      default:
        return undefined;
    }
  }

  /** Undefined for an event that is not a step. */
  step(event: PipelineEvent): MethodStep | undefined {
    switch (event.kind) {
      case 'decodeProgressed':
        return this.#advanced(event, { label: 'Decoding', model: null, detail: '', ...event });
      case 'lookProgressed':
        return this.#advanced(event, { label: LOOKING, model: event.eyes, detail: '', ...event });
      case 'stageStarted':
        this.#stage = event.stage;
        return undefined;
      case 'stageProgressed': {
        const label = stages[event.stage].activity;
        return this.#advanced(event, { ...event, label, model: this.#modelOf(event.stage) });
      }
      case 'stageFinished':
        this.#whole.finish(event.stage);
        return undefined;
      default:
        return undefined;
    }
  }

  #advanced(
    event: PipelineEvent,
    { label, model, done, total, detail }: Omit<MethodStep, keyof Rated | 'whole'>,
  ): MethodStep {
    const rated = this.#rate.measure({ label, done, total }, this.#nowMs());
    const phase = this.phaseOf(event);
    if (phase !== undefined) this.#whole.advance(phase, total === 0 ? 1 : Math.min(1, done / total), rated.secondsLeft);
    return { label, model, done, total, detail, ...rated, whole: this.#whole.whole };
  }

  #modelOf(stage: StageName): string | null {
    const recipe = this.#recipe;
    const { cost, side } = stages[stage];
    if (!recipe || cost === 'rank' || cost === 'compare') return null;
    if (side === 'student') return networkTitle(recipe.student);
    return recipe.teacher.run ?? recipe.teacher.features ?? networkTitle(recipe.teacher);
  }
}
