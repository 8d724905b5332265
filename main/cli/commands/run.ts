/** `run`, and each stage of the method as a command: the same work with different goals. */
import { Command, InvalidArgumentError, Option } from 'commander';
import { openProject, type Project } from '../../catalogue/project.ts';
import { Interrupted, WrongUsage } from '../../failure.ts';
import { beginningOf } from '../../pipeline/beginning.ts';
import { CollectionUnfit } from '../../pipeline/collection.ts';
import { DeviceTrials } from '../../pipeline/device-trials.ts';
import { requireRoom } from '../../pipeline/disk-room.ts';
import { type EffortName, effortNames } from '../../pipeline/effort-kinds.ts';
import { effortOf } from '../../pipeline/efforts.ts';
import { type Estimate, estimateRun } from '../../pipeline/estimate.ts';
import { newestKeepable } from '../../pipeline/keep-training.ts';
import type { Share } from '../../pipeline/label-share.ts';
import { MeasuredRates } from '../../pipeline/measured-rates.ts';
import { type MethodRuns, runMethod } from '../../pipeline/method.ts';
import { expectedPhases } from '../../pipeline/method-progress.ts';
import { openWorkspace, recipeAsked, settingsAsked, type WorkspaceOptions } from '../../pipeline/open-workspace.ts';
import { previewOf } from '../../pipeline/preview-recipe.ts';
import { applySettings } from '../../pipeline/recipe.ts';
import type { ResolvedRecipe } from '../../pipeline/resolve-recipe.ts';
import { bestRound, MOST_ROUNDS, runRounds } from '../../pipeline/rounds.ts';
import { rememberRates } from '../../pipeline/run-rates.ts';
import { type Goal, goalNames, goals } from '../../pipeline/stages.ts';
import type { PipelineEvent } from '../../pipeline/workspace.ts';
import { reportText } from '../../report/report-text.ts';
import { writeReport } from '../../report/write-report.ts';
import { settingsFolder } from '../../settings-folder.ts';
import { DEVICE_NAMES } from '../device-names.ts';
import { estimateText } from '../estimate-view.ts';
import { showPipeline } from '../pipeline-view.ts';
import { roundsText, roundText } from '../rounds-view.ts';
import { summaryEvent } from '../summary.ts';
import { Terminal } from '../terminal.ts';
import { fleetOption, labelPartitions, partitionOption, workersDecodeOption } from './label-partitions.ts';

export interface RunOptions extends Omit<WorkspaceOptions, 'made'> {
  readonly effort?: EffortName;
  readonly json?: boolean;
  readonly estimate?: boolean;
  /** The number of rounds, in each of which the student becomes the next teacher; only for the whole method. */
  readonly rounds?: number;
  /** Only for labelling. */
  readonly partition?: Share;
  /** Only for labelling: the Redis server whose workers compute it. */
  readonly fleet?: URL;
  /** Only with `fleet`. */
  readonly workersDecode?: boolean;
}

type Workers = 'fleet' | 'workersDecode';

const NO_WORKERS = '--workers-decode is for a labelling by a fleet: give --fleet too (shares decode anyway).';

const WHOLE = {
  name: 'run',
  goal: 'evaluate',
  description: 'Run the whole method: teacher, labels, selection, student, evaluation, report.',
} as const;
const COMMANDS = [WHOLE, ...goalNames.map((goal) => ({ name: goal, goal, description: goals[goal].description }))];

export function runCommands(signal: AbortSignal): Command[] {
  const rounds = new Option(
    '--rounds <n>',
    'the student becomes the next teacher, for this many rounds, or until one is no better than the one before',
  ).argParser(roundCount);
  return COMMANDS.map(({ name, goal, description }) => {
    const command = new Command(name)
      .description(description)
      .argument('<dir>', "the project's folder, or the .understudy file in it")
      .addOption(
        new Option(
          '--effort <effort>',
          'a recipe made for these images and this device: quick ends within minutes, best uses the paper’s lengths',
        ).choices(effortNames),
      )
      .option('--recipe <file|name>', 'a recipe file (JSON), or a built-in: paper, cifar-small, demo, default')
      .option('--set <key=value...>', 'change single values of the recipe, such as select.k=2000')
      .option('--device <device>', DEVICE_NAMES)
      .option('--estimate', 'only estimate the cost: time, memory, disk; nothing is run')
      .addHelpText(
        'after',
        '\nFinished work is reused, interrupted work continues where it stopped, and a stage first does the work it builds on.\nWithout --recipe or --effort, the recipe of the last run in this project is used again.',
      )
      .action(async (directory: string, options: RunOptions) => {
        const terminal = new Terminal(options.json === true);
        const toLook = options.estimate === true;
        if (options.effort !== undefined && options.recipe !== undefined) {
          throw new WrongUsage('--effort makes its own recipe: leave out --recipe.');
        }
        if (options.workersDecode && !options.fleet) throw new WrongUsage(NO_WORKERS);
        if (options.partition) return await labelPartitions(directory, options, options.partition, terminal, signal);
        const project = await openProject(directory, toLook ? { toLook, signal } : {});
        try {
          const asked = await withEffort(project, options, terminal, signal);
          if (toLook) await sayEstimate(project, goal, asked, terminal, signal);
          else {
            await sayBeginning(project, asked, terminal);
            await runToGoal(project, goal, asked, terminal, signal);
          }
        } finally {
          await project.close();
        }
      });
    if (goal !== 'teacher')
      command.option('--int8', 'on a processor: label in 8-bit integers, if the results agree with fp32');
    if (name === 'label') {
      command.addOption(partitionOption()).addOption(fleetOption()).addOption(workersDecodeOption());
    }
    return name === WHOLE.name ? command.addOption(rounds) : command;
  });
}

function roundCount(text: string): number {
  const count = Number(text);
  if (Number.isInteger(count) && count >= 1 && count <= MOST_ROUNDS) return count;
  throw new InvalidArgumentError(`It must be a whole number from 1 to ${MOST_ROUNDS}.`);
}

async function sayBeginning(project: Project, options: WorkspaceOptions, terminal: Terminal): Promise<void> {
  const { base, settings } = await recipeAsked(project, options);
  const beginning = await beginningOf(project, applySettings(base, settings));
  terminal.event({ event: 'beginning', ...beginning });
  terminal.note(beginning.sentence);
  if (beginning.kind === 'random') terminal.note('For where to find such files: understudy bring --help');
}

/** Measures the device if it has not been measured, and reports the resulting recipe. */
async function withEffort(
  project: Project,
  { effort: name, recipe, ...options }: RunOptions,
  terminal: Terminal,
  signal: AbortSignal,
): Promise<WorkspaceOptions & Pick<RunOptions, 'rounds' | Workers>> {
  if (name === undefined) return { ...(recipe === undefined ? {} : { recipe }), ...options };
  const rates = new MeasuredRates(settingsFolder());
  terminal.note('Measuring the speed of this device …');
  const means = { rates, trials: new DeviceTrials(rates), signal, set: settingsAsked(options) };
  const { recipe: made, because, explanations } = await effortOf(project, name, means);
  terminal.event({ event: 'effort', name, because, explanations });
  for (const sentence of because) terminal.note(sentence);
  return { ...options, made };
}

async function sayEstimate(
  project: Project,
  goal: Goal,
  options: WorkspaceOptions & Pick<RunOptions, 'rounds'>,
  terminal: Terminal,
  signal: AbortSignal,
): Promise<void> {
  const { estimate } = await estimated(project, goal, options, signal);
  terminal.event({ event: 'estimate', estimate });
  terminal.print(estimateText(estimate, terminal.columns));
}

/**
 * Reports the estimated cost, then runs the method on an open project and shows it on the terminal; the whole method ends with
 * its report.
 */
export async function runToGoal(
  project: Project,
  goal: Goal,
  { rounds = 1, fleet, workersDecode: undecoded, ...options }: WorkspaceOptions & Pick<RunOptions, 'rounds' | Workers>,
  terminal: Terminal,
  signal: AbortSignal,
): Promise<MethodRuns> {
  const { estimate, recipe } = await estimated(project, goal, { ...options, rounds, undecoded }, signal);
  terminal.event({ event: 'estimate', estimate });
  terminal.note(estimateText(estimate, terminal.noteColumns));
  requireRoom(project, estimate);
  const startedMs = performance.now();
  const view = showPipeline(terminal, project.name, { recipe, phases: expectedPhases(estimate) });
  const computed: string[] = [];
  const tell = (event: PipelineEvent) => {
    if (event.kind === 'stageFinished' && !event.reused) computed.push(event.runId);
    view.tell(event);
  };
  try {
    const { workspace, collection, explanations } = await openWorkspace(
      project,
      { ...options, goal, undecoded },
      { signal, fleet, tell },
    );
    for (const { path, value, because } of explanations) terminal.note(`  ${path} = ${value}: ${because}`);
    if (goal !== WHOLE.goal) return await runMethod(workspace, collection, goal);
    const all = await runRounds(workspace, collection, rounds, (round) => {
      view.end();
      const { gain, student } = round;
      terminal.event({ event: 'round', round: round.round, top1: student.top1, gain: gain ?? null });
      if (rounds > 1) terminal.note(roundText(round));
    });
    const { runs } = bestRound(all);
    const report = await writeReport(project, runs.evaluate?.id);
    const seconds = (performance.now() - startedMs) / 1000;
    terminal.print(reportText(report.data, terminal.columns));
    if (rounds > 1) terminal.print(`\n${all.map(roundText).join('\n')}\n${roundsText(all, rounds)}`);
    terminal.print(`\nReport: ${report.htmlPath}`);
    terminal.event(summaryEvent(runs, seconds, report.htmlPath));
    return runs;
  } catch (error) {
    view.end();
    const stopped = error instanceof Interrupted ? await newestKeepable(project).catch(() => undefined) : undefined;
    if (stopped) terminal.note(`To keep what ${stopped.id} has learnt so far: understudy keep ${project.directory}`);
    throw error;
  } finally {
    view.end();
    await rememberRates(new MeasuredRates(settingsFolder()), project, computed);
  }
}

/** Throws `CollectionUnfit` or `WrongUsage` when the method cannot run as requested. */
async function estimated(
  project: Project,
  goal: Goal,
  { rounds, undecoded, ...options }: WorkspaceOptions & Pick<RunOptions, 'rounds'>,
  signal: AbortSignal,
): Promise<{ readonly estimate: Estimate; readonly recipe: ResolvedRecipe }> {
  const { base, settings } = await recipeAsked(project, options);
  const { resolved: recipe, sets, unfit } = await previewOf(project, base, settings);
  if (!recipe || !sets) throw new CollectionUnfit(unfit ?? 'Nothing can be trained yet.');
  const rates = new MeasuredRates(settingsFolder());
  const means = { rates, trials: new DeviceTrials(rates), exactly: true, signal };
  return { estimate: await estimateRun({ project, goal, recipe, sets, rounds, undecoded }, means), recipe };
}
