import { stat } from 'node:fs/promises';
import { Command, Option } from 'commander';
import { openProject, type Project } from '../../catalogue/project.ts';
import { WrongUsage } from '../../failure.ts';
import { localPath } from '../../local-path.ts';
import { type ExportFormat, exportRun, exportRunTo, exportsOf } from '../../pipeline/export-run.ts';
import type { RunRecord } from '../../pipeline/run-record.ts';
import { readRuns } from '../../pipeline/runs.ts';
import { type StageName, stageNames } from '../../pipeline/stages.ts';
import { Terminal } from '../terminal.ts';

type What = 'checkpoint' | 'onnx' | 'tfjs' | 'predictions' | 'selection';

const FORMATS = ['csv', 'parquet', 'links', 'copies', 'shards'] as const;

interface ExportOptions {
  readonly what: What;
  readonly run?: string;
  readonly to: string;
  readonly format?: (typeof FORMATS)[number];
  readonly pixels?: boolean;
  readonly half?: boolean;
  readonly json?: boolean;
}

const TREES = { links: 'selectionLinks', copies: 'selectionCopies', shards: 'selectionShards' } as const;

/** The last stage that makes what the format exports; its newest run is the default. */
function usualStage(format: ExportFormat): StageName | undefined {
  return stageNames.findLast((stage) => exportsOf(stage).includes(format));
}
const MOST_RUNS_NAMED = 7;

export function exportCommand(signal: AbortSignal): Command {
  return new Command('export')
    .description('Write the results of a run as a file for other programs; an existing file is never replaced.')
    .argument('<dir>', "the project's folder, or the .understudy file in it")
    .addOption(
      new Option(
        '--what <what>',
        'a model (checkpoint: safetensors; onnx; tfjs: a folder), predictions, or a selection',
      )
        .choices(['checkpoint', 'onnx', 'tfjs', 'predictions', 'selection'])
        .makeOptionMandatory(),
    )
    .requiredOption('--to <path>', 'the file to write, or a folder to put it in')
    .option(
      '--run <run>',
      "a run's id (understudy status DIR), or a stage for its newest run; without it: finetune, evaluate or select",
    )
    .addOption(
      new Option(
        '--format <format>',
        'for predictions and selections: csv (the default, unless the file name says otherwise) or parquet; for selections also links, copies, shards',
      ).choices(FORMATS),
    )
    .option(
      '--pixels',
      'for onnx and tfjs: the model takes pixels (0 to 255, RGB, channels last) and preprocesses them itself',
    )
    .option('--half', 'for onnx: weights in half precision, half the size')
    .addHelpText(
      'after',
      `
Predictions of a labelling are its scores, of a comparison what every model said, of a model what it said there.
A selection as links, copies or WebDataset shards is a new folder of the images themselves.
The ONNX file takes any number of images at once; class names and preprocessing are in its metadata.
Of tfjs, a new folder has model.json, which TensorFlow.js loads with loadGraphModel, and the weights; images are [batch, size, size, 3].`,
    )
    .action(async (directory: string, options: ExportOptions) => {
      const terminal = new Terminal(options.json === true);
      const format = formatOf(options);
      const to = localPath(options.to);
      const project = await openProject(directory, { toLook: true, signal });
      try {
        const run = await chosenRun(project, options.run ?? usualStage(format) ?? options.what);
        const isFolder = (await stat(to).catch(() => undefined))?.isDirectory() === true;
        const write = isFolder ? exportRun : exportRunTo;
        const { file, bytes } = await write(project, run, format, to);
        terminal.event({ event: 'exported', what: options.what, run: run.id, file, bytes });
        terminal.print(`${file} (${bytes.toLocaleString('en')} bytes, from ${run.id})`);
      } finally {
        await project.close();
      }
    });
}

function formatOf({ what, format, to, pixels = false, half = false }: ExportOptions): ExportFormat {
  if ((what !== 'onnx' && half) || (what !== 'onnx' && what !== 'tfjs' && pixels)) {
    throw new WrongUsage(
      `--half is for ONNX files, --pixels for ONNX and TensorFlow.js: leave them out for --what ${what}.`,
    );
  }
  if (what === 'checkpoint' || what === 'onnx' || what === 'tfjs') {
    if (format !== undefined) {
      throw new WrongUsage(`--format is for predictions and selections: leave it out for --what ${what}.`);
    }
    if (what === 'tfjs') return pixels ? 'tfjsPixels' : 'tfjs';
    if (pixels) return half ? 'onnxPixelsHalf' : 'onnxPixels';
    return half ? 'onnxHalf' : what;
  }
  const parquet = format === 'parquet' || (format === undefined && to.toLowerCase().endsWith('.parquet'));
  if (format === 'links' || format === 'copies' || format === 'shards') {
    if (what === 'selection') return TREES[format];
    throw new WrongUsage(
      `--format ${format} is for selections: leave it out for --what ${what}, or choose csv or parquet.`,
    );
  }
  if (what === 'predictions') return parquet ? 'predictionsParquet' : 'predictionsCsv';
  return parquet ? 'selectionParquet' : 'selectionCsv';
}

/** By id, or the newest finished run of a stage. */
async function chosenRun(project: Project, wanted: string): Promise<RunRecord> {
  const finished = (await readRuns(project)).filter(({ state }) => state === 'succeeded');
  const found = finished.findLast(({ id, stage }) => id === wanted || stage === wanted);
  if (found) return found;
  if (finished.length === 0) {
    throw new WrongUsage('This project has no finished run yet: run the method first (understudy run DIR).');
  }
  if (stageNames.some((stage) => stage === wanted)) {
    throw new WrongUsage(
      `This project has no finished run of the stage “${wanted}” yet: run it, or name another with --run.`,
    );
  }
  const ids = finished.map(({ id }) => id).reverse();
  const more = ids.length > MOST_RUNS_NAMED ? ', …' : '';
  throw new WrongUsage(
    `There is no finished run “${wanted}” in this project: choose one of ${ids.slice(0, MOST_RUNS_NAMED).join(', ')}${more}.`,
  );
}
