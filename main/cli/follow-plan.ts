/** Runs an experiment from its plan to its results, shown on the terminal. */
import type { Project } from '../catalogue/project.ts';
import { experimentText } from '../experiments/experiment-text.ts';
import { type ExperimentPlan, estimateExperiment } from '../experiments/plan-experiment.ts';
import { type ExperimentEvent, runExperiment } from '../experiments/run-experiment.ts';
import { addSection, resultRecord, saveExperiment } from '../experiments/save-experiment.ts';
import { localPath } from '../local-path.ts';
import { DeviceTrials } from '../pipeline/device-trials.ts';
import { requireRoom } from '../pipeline/disk-room.ts';
import { MeasuredRates } from '../pipeline/measured-rates.ts';
import { rememberRates } from '../pipeline/run-rates.ts';
import { settingsFolder } from '../settings-folder.ts';
import { experimentEstimateText } from './experiment-view.ts';
import { showPipeline } from './pipeline-view.ts';
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
  const view = showPipeline(terminal, project.name);
  const computed: string[] = [];
  const tell = (event: ExperimentEvent) => {
    if (event.kind === 'cellsStarted') {
      const { kind, ...rest } = event;
      terminal.event({ event: kind, ...rest });
      return terminal.note(`\n${event.place} of ${event.of}, seed ${event.seed}: ${event.cells.join('; ')}`);
    }
    if (event.kind === 'stageFinished' && !event.reused) computed.push(event.runId);
    view.tell(event);
  };
  try {
    const result = await runExperiment(project, plan, { signal, tell });
    const { folder, files, markdown: section } = await saveExperiment(project, result);
    if (markdown !== undefined) await addSection(localPath(markdown), section);
    terminal.print(experimentText(result, terminal.columns));
    terminal.print(`\nTables and plot: ${folder} (${files.join(', ')})`);
    terminal.event({ event: 'result', folder, files, ...resultRecord(result) });
  } finally {
    view.end();
    await rememberRates(new MeasuredRates(settingsFolder()), project, computed);
  }
}
