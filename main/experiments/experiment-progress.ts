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
  /** The run of the method in progress, counted from 1. */
  #place = 0;
  #method = new MethodProgress(undefined);

  /** `from`: the share that was done when the experiment was stopped before. */
  constructor(methods: readonly EstimatedMethod[], from = 0) {
    this.#methods = methods;
    this.#whole = new WholeProgress(phasesOf(methods), from);
  }

  /** Undefined for an event that does not advance a step. */
  step(event: ExperimentEvent): MethodStep | undefined {
    if (event.kind === 'cellsStarted') {
      if (this.#place > 0) this.#whole.finish(nameOf(this.#place, LAST));
      this.#place = event.place;
      const recipe = this.#methods[event.place - 1]?.recipe;
      this.#method = new MethodProgress(recipe && { recipe, phases: [] });
      return undefined;
    }
    const step = this.#method.step(event);
    if (event.kind === 'stageFinished') this.#whole.finish(nameOf(this.#place, event.stage));
    const phase = this.#method.phaseOf(event);
    if (!step || phase === undefined) return undefined;
    const done = step.total === 0 ? 1 : Math.min(1, step.done / step.total);
    this.#whole.advance(nameOf(this.#place, phase), done, step.secondsLeft);
    const label = `${this.#place} of ${this.#methods.length}: ${step.label}`;
    return { ...step, label, whole: this.#whole.whole };
  }
}

const LAST = 'judged';
const nameOf = (place: number, phase: string) => `${place} ${phase}`;

/** In the order they run; a stage that several runs share counts where it runs first. */
function phasesOf(methods: readonly EstimatedMethod[]): ExpectedPhase[] {
  const seen = new Set<string>();
  return methods.flatMap(({ estimate }, index) => {
    const stages = estimate.stages.map((stage) => ({ ...stage, done: stage.done || seen.has(stage.runId) }));
    for (const { runId } of stages) seen.add(runId);
    const decoding = index === 0 ? estimate.decoding : { ...estimate.decoding, images: 0 };
    const phases = expectedPhases({ decoding, stages });
    return [
      ...phases.map((phase) => ({ ...phase, name: nameOf(index + 1, phase.name) })),
      // Whatever happened to the others, a run is over when the next one begins.
      { name: nameOf(index + 1, LAST), seconds: 0, guessed: false },
    ];
  });
}
