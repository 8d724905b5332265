/**
 * Progress of an experiment, from its events. Every run of the method is one part of the whole; work that was done before
 * counts for nothing.
 */
import { expectedPhases, MethodProgress, type MethodStep } from '../pipeline/method-progress.ts';
import { type ExpectedPhase, WholeProgress } from '../pipeline/whole-progress.ts';
import type { EstimatedMethod } from './plan-experiment.ts';
import type { ExperimentEvent } from './run-experiment.ts';

export class ExperimentProgress {
  readonly #methods: readonly EstimatedMethod[];
  readonly #whole: WholeProgress;
  /** By seed, the run of the method in progress. */
  readonly #underWay = new Map<number, UnderWay>();

  /** `from`: the share that was done when the experiment was stopped before. */
  constructor(methods: readonly EstimatedMethod[], from = 0) {
    this.#methods = methods;
    this.#whole = new WholeProgress(phasesOf(methods), from);
  }

  /** Undefined for an event that does not advance a step. */
  step(event: ExperimentEvent, seed: number): MethodStep | undefined {
    const before = this.#underWay.get(seed);
    if (event.kind === 'cellsStarted') {
      if (before) this.#whole.finish(nameOf(before.place, LAST));
      const recipe = this.#methods[event.place - 1]?.recipe;
      const method = new MethodProgress(recipe && { recipe, phases: [] });
      this.#underWay.set(seed, { place: event.place, method });
      return undefined;
    }
    if (!before) return undefined;
    const { place, method } = before;
    const step = method.step(event);
    if (event.kind === 'stageFinished') this.#whole.finish(nameOf(place, event.stage));
    const phase = method.phaseOf(event);
    if (!step || phase === undefined) return undefined;
    const done = step.total === 0 ? 1 : Math.min(1, step.done / step.total);
    this.#whole.advance(nameOf(place, phase), done, step.secondsLeft);
    const label = `${place} of ${this.#methods.length}: ${step.label}`;
    return { ...step, label, whole: this.#whole.whole };
  }
}

interface UnderWay {
  /** Among all runs of the method, counted from 1. */
  readonly place: number;
  readonly method: MethodProgress;
}

const LAST = 'judged';
const nameOf = (place: number, phase: string) => `${place} ${phase}`;

/** In the order they run; a stage that several runs share counts where it runs first. */
function phasesOf(methods: readonly EstimatedMethod[]): ExpectedPhase[] {
  const seen = new Set<string>();
  return methods.flatMap(({ estimate, seed }, index) => {
    const stages = estimate.stages.map((stage) => ({ ...stage, done: stage.done || seen.has(stage.runId) }));
    for (const { runId } of stages) seen.add(runId);
    const decoding = index === 0 ? estimate.decoding : { ...estimate.decoding, images: 0 };
    const phases = expectedPhases({ decoding, stages });
    return [
      ...phases.map((phase) => ({ ...phase, name: nameOf(index + 1, phase.name), group: seed })),
      // Whatever became of the others, it is over when the next one begins.
      { name: nameOf(index + 1, LAST), seconds: 0, guessed: false, group: seed },
    ];
  });
}
