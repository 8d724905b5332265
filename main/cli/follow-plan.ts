/** Runs an experiment from its plan to its results, shown on the terminal. */
import type { Project } from '../catalogue/project.ts';
import { experimentText } from '../experiments/experiment-text.ts';
import { type ExperimentPlan, estimateExperiment } from '../experiments/plan-experiment.ts';
import { type ExperimentEvent, runExperiment } from '../experiments/run-experiment.ts';
import { addSection, readDocument, resultRecord, saveExperiment } from '../experiments/save-experiment.ts';
import { localPath } from '../local-path.ts';
import { DeviceTrials } from '../pipeline/device-trials.ts';
import { requireRoom } from '../pipeline/disk-room.ts';
import { MeasuredRates } from '../pipeline/measured-rates.ts';
import { rememberRates } from '../pipeline/run-rates.ts';
import { settingsFolder } from '../settings-folder.ts';
import { experimentEstimateText } from './experiment-view.ts';
import { type PipelineTerminal, type PipelineView, showPipeline } from './pipeline-view.ts';
import type { Terminal } from './terminal.ts';

interface FollowOptions {
  /** Only report the estimated cost. */
  readonly estimate?: boolean;
  readonly markdown?: string;
}

/** Reports the estimated cost, then runs the experiment. */
export async function followPlan(
  project: Project,
  plan: ExperimentPlan,
  options: FollowOptions,
  terminal: Terminal,
  signal: AbortSignal,
): Promise<void> {
  // Before hours of work whose results could not be written.
  if (options.markdown !== undefined) await readDocument(localPath(options.markdown, 'file'));
  const rates = new MeasuredRates(settingsFolder());
  const means = { rates, trials: new DeviceTrials(rates), exactly: true, signal };
  const estimate = await estimateExperiment(project, plan, means);
  const { name, question } = plan.experiment;
  terminal.event({ event: 'estimate', name, question, estimate });
  if (options.estimate === true) return terminal.print(experimentEstimateText(estimate, terminal.columns));
  terminal.note(`${question}\n${experimentEstimateText(estimate, terminal.noteColumns)}`);
  requireRoom(project, estimate);
  await runPlanned(project, plan, options, terminal, signal);
}

async function runPlanned(
  project: Project,
  plan: ExperimentPlan,
  { markdown }: FollowOptions,
  terminal: Terminal,
  signal: AbortSignal,
): Promise<void> {
  /** By seed: with several devices, several seeds are in progress. */
  const views = new Map<number, PipelineView>();
  const viewOf = (seed: number) => {
    const view = views.get(seed) ?? showPipeline(seedTerminal(terminal, plan, seed), project.name);
    views.set(seed, view);
    return view;
  };
  const computed: string[] = [];
  const tell = (event: ExperimentEvent, seed: number) => {
    if (event.kind === 'cellsStarted') {
      const { kind, ...rest } = event;
      terminal.event({ event: kind, ...rest });
      return terminal.note(`\n${event.place} of ${event.of}, seed ${event.seed}: ${event.cells.join('; ')}`);
    }
    if (event.kind === 'stageFinished' && !event.reused) computed.push(event.runId);
    viewOf(seed).tell(event);
  };
  try {
    // A seed that is finished waits for nothing.
    const seedFinished = (seed: number) => views.get(seed)?.end();
    const result = await runExperiment(project, plan, { signal, tell, seedFinished });
    const { folder, files, markdown: section } = await saveExperiment(project, result);
    if (markdown !== undefined) await addSection(localPath(markdown, 'file'), section);
    terminal.print(experimentText(result, terminal.columns));
    terminal.print(`\nTables and plot: ${folder} (${files.join(', ')})`);
    terminal.event({ event: 'result', folder, files, ...resultRecord(result) });
  } finally {
    for (const view of views.values()) view.end();
    await rememberRates(new MeasuredRates(settingsFolder()), project, computed);
  }
}

/** Output about one seed: with other seeds in progress, each line and event names its seed. */
function seedTerminal(terminal: Terminal, { devices }: ExperimentPlan, seed: number): PipelineTerminal {
  if (devices.length < 2) return terminal;
  return {
    progress: (label, ...rest) => terminal.progress(`seed ${seed} · ${label}`, ...rest),
    note: (text) => terminal.note(`seed ${seed} · ${text}`),
    event: (event) => terminal.event({ ...event, seed }),
  };
}
