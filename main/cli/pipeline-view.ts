/** Shows what the method is doing: a progress bar per stage on a terminal, a line per stage elsewhere, events with --json. */
import { type MethodPlan, MethodProgress, type MethodStep } from '../pipeline/method-progress.ts';
import { stages } from '../pipeline/stages.ts';
import type { PipelineEvent } from '../pipeline/workspace.ts';
import { type Clock, StallWatch, systemClock } from '../stall-watch.ts';
import type { Progress, Terminal } from './terminal.ts';

export interface PipelineView {
  tell(event: PipelineEvent): void;
  end(): void;
}

export type PipelineTerminal = Pick<Terminal, 'progress' | 'note' | 'event'>;

/** `projectName` precedes each phase; without a `plan`, the progress of the whole is not shown. */
export function showPipeline(
  terminal: PipelineTerminal,
  projectName: string,
  plan?: MethodPlan,
  clock: Clock = systemClock,
): PipelineView {
  let bar: Progress | undefined;
  let barOf = '';
  const endBar = () => {
    bar?.end();
    bar = undefined;
  };
  const steps = new MethodProgress(plan);
  const stall = new StallWatch(() => {
    endBar();
    if (stall.sentence !== null) terminal.note(stall.sentence);
  }, clock);
  const advance = ({ label, model, total, done, detail, perSecond, whole }: MethodStep) => {
    const named = [projectName, model === null ? label : `${label}, ${model}`].join(' · ');
    if (named !== barOf) endBar();
    barOf = named;
    bar ??= terminal.progress(named, total, 'images');
    bar.update(done, detail, { perSecond: perSecond ?? undefined, whole: plan && whole });
  };
  return {
    tell(event) {
      // The curve is a file of the run; a line for every point would hide everything else.
      if (event.kind === 'curveGrew') return;
      if (event.kind === 'awaits') {
        stall.step(event.awaited);
        return;
      }
      stall.step(event.kind === 'decodeProgressed' ? 'decoding' : 'step');
      const step = steps.step(event);
      if (step === undefined) {
        endBar();
        const { kind, ...rest } = event;
        terminal.event({ event: kind, ...rest });
      }
      switch (event.kind) {
        case 'decodeProgressed':
        case 'lookProgressed':
        case 'stageProgressed':
          if (step) advance(step);
          return;
        case 'stageStarted':
          return terminal.note(
            `${stages[event.stage].activity}${event.resumed ? ' (continuing where it stopped)' : ''} …`,
          );
        case 'stageFinished':
          return terminal.note(`${stages[event.stage].activity}: ${finishedText(event)}`);
        case 'noted':
          return terminal.note(event.message);
        default:
          return event satisfies never;
      }
    },
    end() {
      stall.end();
      endBar();
    },
  };
}

function finishedText(event: Extract<PipelineEvent, { kind: 'stageFinished' }>): string {
  if (event.reused) return 'already done, reused';
  const { imagesPerSecond, selected, finalLoss } = event.metrics;
  const facts = [
    `${event.seconds.toFixed(1)} s`,
    imagesPerSecond === undefined ? undefined : `${Math.round(imagesPerSecond).toLocaleString('en')} images/s`,
    finalLoss === undefined ? undefined : `loss ${finalLoss.toFixed(3)}`,
    selected === undefined ? undefined : `${selected.toLocaleString('en')} images chosen`,
  ];
  return facts.filter((fact) => fact !== undefined).join(' · ');
}
