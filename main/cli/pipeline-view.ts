/** Shows what the method is doing: a progress bar a stage on a terminal, a line a stage elsewhere, events with --json. */
import { stages } from '../pipeline/stages.ts';
import type { PipelineEvent } from '../pipeline/workspace.ts';
import type { Progress, Terminal } from './terminal.ts';

export interface PipelineView {
  tell(event: PipelineEvent): void;
  end(): void;
}

export function showPipeline(terminal: Terminal): PipelineView {
  let bar: Progress | undefined;
  const endBar = () => {
    bar?.end();
    bar = undefined;
  };
  const advance = (label: string, done: number, total: number, detail: string) => {
    bar ??= terminal.progress(label, total, 'images');
    bar.update(done, detail);
  };
  return {
    tell(event) {
      // The curve is a file of the run; a line for every point would drown the rest.
      if (event.kind === 'curveGrew') return;
      if (event.kind !== 'stageProgressed' && event.kind !== 'decodeProgressed') {
        endBar();
        const { kind, ...rest } = event;
        terminal.event({ event: kind, ...rest });
      }
      switch (event.kind) {
        case 'decodeProgressed':
          return advance('Decoding', event.done, event.total, '');
        case 'stageProgressed':
          return advance(stages[event.stage].activity, event.done, event.total, event.detail);
        case 'stageStarted':
          return terminal.note(
            `${stages[event.stage].activity}${event.resumed ? ' (going on where it stopped)' : ''} …`,
          );
        case 'stageFinished':
          return terminal.note(`${stages[event.stage].activity}: ${finishedText(event)}`);
        case 'noted':
          return terminal.note(event.message);
        default:
          return event satisfies never;
      }
    },
    end: endBar,
  };
}

function finishedText(event: Extract<PipelineEvent, { kind: 'stageFinished' }>): string {
  if (event.reused) return 'already done, taken over';
  const { imagesPerSecond, selected, finalLoss } = event.metrics;
  const facts = [
    `${event.seconds.toFixed(1)} s`,
    imagesPerSecond === undefined ? undefined : `${Math.round(imagesPerSecond).toLocaleString('en')} images/s`,
    finalLoss === undefined ? undefined : `loss ${finalLoss.toFixed(3)}`,
    selected === undefined ? undefined : `${selected.toLocaleString('en')} images chosen`,
  ];
  return facts.filter((fact) => fact !== undefined).join(' · ');
}
