/** `experiment`: the paper's study, or any grid of settings, on a project's own images. */
import { Command, InvalidArgumentError, Option } from 'commander';
import { openProject, type Project } from '../../catalogue/project.ts';
import {
  builtInExperiment,
  builtInExperiments,
  builtInNamed,
  builtInNames,
} from '../../experiments/built-in-experiments.ts';
import { MOST_SEEDS, readExperiment, USUAL_SEEDS } from '../../experiments/experiment.ts';
import { type ExperimentPlan, groundOf, planExperiment } from '../../experiments/plan-experiment.ts';
import { WrongUsage } from '../../failure.ts';
import type { WorkspaceOptions } from '../../pipeline/open-workspace.ts';
import { textTable } from '../../text-table.ts';
import { DEVICE_NAMES } from '../device-names.ts';
import { followPlan } from '../follow-plan.ts';
import { Terminal } from '../terminal.ts';

interface ExperimentOptions extends Pick<WorkspaceOptions, 'recipe' | 'set' | 'device'> {
  readonly seeds?: number;
  readonly estimate?: boolean;
  readonly markdown?: string;
  readonly json?: boolean;
}

export function experimentCommand(signal: AbortSignal): Command {
  return new Command('experiment')
    .description('Repeat a part of the paper’s study on a project, or any grid of settings, with several seeds.')
    .argument('<dir>', "the project's folder, or the .understudy file in it")
    .argument(
      '[name]',
      'a built-in experiment, its number, or a file (YAML or JSON); without it, the built-in ones are listed',
    )
    .addOption(
      new Option('--seeds <n>', 'how often each training is repeated (default: as in the file, or 3)').argParser(
        seedCount,
      ),
    )
    .option('--recipe <file|name>', "the recipe that the cells vary (default: the project's own)")
    .option('--set <key=value...>', 'change single values of the recipe in every cell')
    .option('--device <device>', DEVICE_NAMES)
    .option('--estimate', 'only estimate the cost; nothing is run')
    .option('--markdown <file>', 'a document to put the results into as a section, replacing earlier ones')
    .addHelpText('after', () => `\n${listText()}\n\n${FILE_HELP}`)
    .action(async (directory: string, name: string | undefined, options: ExperimentOptions) => {
      const terminal = new Terminal(options.json === true);
      if (name === undefined) return list(terminal);
      const toLook = options.estimate === true;
      const project = await openProject(directory, toLook ? { toLook, signal } : {});
      try {
        const plan = await planned(project, name, options);
        await followPlan(project, plan, options, terminal, signal);
      } finally {
        await project.close();
      }
    });
}

const FILE_HELP = `A file names the settings that its cells differ in; every combination of a grid is a cell:
  name: k-and-order
  grid: { select.k: [50, 200], select.order: [ranked, random] }
  set: { pretrain.images: 40000 }      # in all cells
  against: select.k = 50, select.order = ranked
  model: finetuned                     # the model that is judged; or teacher, supervised, pretrained
Instead of a grid, cells: [{ name: …, set: { … }, model: … }, …] gives each cell; rounds: 2 makes the student the next teacher,
teachers: { count: 2, how: mean } lets several label together (or how: agreement, ranks).

With --device cuda,cuda:1 seeds are computed side by side, one on each device at a time.

Cells share stages: one with the same inputs runs once. Finished stages are reused, and interrupted ones continue, even after
kill -9. Results are in experiments/NAME of the project: tables (CSV, Parquet, JSON), results.md and plot.svg.`;

export function seedCount(text: string): number {
  const seeds = Number(text);
  if (!Number.isInteger(seeds) || seeds < 1 || seeds > MOST_SEEDS) {
    throw new InvalidArgumentError(`It must be a whole number from 1 to ${MOST_SEEDS}.`);
  }
  return seeds;
}

function list(terminal: Terminal): void {
  for (const name of builtInNames) {
    const { title, question, claim } = builtInExperiments[name];
    terminal.event({ event: 'builtIn', name, title, question, claim });
  }
  terminal.print(listText(terminal.columns));
}

function listText(columns = Number.POSITIVE_INFINITY): string {
  const rows = builtInNames.map((name) => [name, builtInExperiments[name].question]);
  const widest = Math.max(...rows.map(([, question = '']) => question.length));
  // Questions are text: aligned to the left.
  return textTable(
    [['name', 'asks'.padEnd(widest)], ...rows.map(([name = '', question = '']) => [name, question.padEnd(widest)])],
    {
      columns,
      gap: 2,
    },
  );
}

async function planned(project: Project, name: string, options: ExperimentOptions): Promise<ExperimentPlan> {
  const { seeds: asked } = options;
  const ground = await groundOf(project, options);
  const builtIn = builtInNamed(name);
  if (builtIn) {
    return await planExperiment(project, builtInExperiment(builtIn, ground), ground, asked ?? USUAL_SEEDS);
  }
  if (!/[./\\]/.test(name)) {
    throw new WrongUsage(
      `There is no experiment “${name}”: choose one of ${builtInNames.join(', ')}, or give a YAML or JSON file.`,
    );
  }
  const { experiment, seeds } = await readExperiment(name);
  return await planExperiment(project, experiment, ground, asked ?? seeds ?? USUAL_SEEDS);
}
