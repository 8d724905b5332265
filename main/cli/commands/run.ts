/** `run` and each stage of the method by itself: the same work, up to different goals. */
import { Command } from 'commander';
import { openProject, type Project } from '../../catalogue/project.ts';
import { type MethodRuns, runMethod } from '../../pipeline/method.ts';
import { openWorkspace } from '../../pipeline/open-workspace.ts';
import { type Goal, goalNames, goals } from '../../pipeline/stages.ts';
import { writeReport } from '../../report/write-report.ts';
import { DEVICE_NAMES } from '../device-names.ts';
import { showPipeline } from '../pipeline-view.ts';
import { summaryEvent } from '../summary.ts';
import { Terminal } from '../terminal.ts';

export interface RunOptions {
  readonly recipe?: string;
  readonly set?: readonly string[];
  readonly device?: string;
  readonly json?: boolean;
}

const WHOLE = {
  name: 'run',
  goal: 'evaluate',
  description: 'Run the whole method: teacher, labels, selection, student, evaluation, report.',
} as const;
const COMMANDS = [WHOLE, ...goalNames.map((goal) => ({ name: goal, goal, description: goals[goal].description }))];

export function runCommands(signal: AbortSignal): Command[] {
  return COMMANDS.map(({ name, goal, description }) =>
    new Command(name)
      .description(description)
      .argument('<dir>', "the project's folder, or the .understudy file in it")
      .option('--recipe <file|name>', 'a recipe file (JSON), or a built-in: paper, cifar-small, demo, default')
      .option('--set <key=value...>', 'change single values of the recipe, such as select.k=2000')
      .option('--device <device>', DEVICE_NAMES)
      .addHelpText(
        'after',
        '\nWork that was done before is taken over, interrupted work goes on where it stopped, and a stage first does what it builds on.\nWithout --recipe, the recipe of the last run in this project is used again.',
      )
      .action(async (directory: string, options: RunOptions) => {
        const terminal = new Terminal(options.json === true);
        const project = await openProject(directory);
        try {
          await runToGoal(project, goal, options, terminal, signal);
        } finally {
          await project.close();
        }
      }),
  );
}

/** Runs the method on an open project, showing it on the terminal; the whole method ends with its report. */
export async function runToGoal(
  project: Project,
  goal: Goal,
  options: RunOptions,
  terminal: Terminal,
  signal: AbortSignal,
): Promise<MethodRuns> {
  const startedMs = performance.now();
  const view = showPipeline(terminal);
  try {
    const { workspace, collection, explanations } = await openWorkspace(project, options, { signal, tell: view.tell });
    for (const { path, value, because } of explanations) terminal.note(`  ${path} = ${value}: ${because}`);
    const runs = await runMethod(workspace, collection, goal);
    if (goal !== WHOLE.goal) return runs;
    const report = await writeReport(project);
    const seconds = (performance.now() - startedMs) / 1000;
    terminal.print(report.text);
    terminal.print(`\nReport: ${report.htmlPath}`);
    terminal.event(summaryEvent(runs, seconds, report.htmlPath));
    return runs;
  } finally {
    view.end();
  }
}
