import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import { Command, Option } from 'commander';
import { chooseDevice } from '../../doctor/choose-device.ts';
import { ExpectedFailure, WrongUsage } from '../../failure.ts';
import { scanFolder } from '../../images/scan.ts';
import { runTask } from '../../jobs/run-task.ts';
import { loadModel } from '../../models/checkpoint.ts';
import type { ScoredBatch } from '../../training/predict-request.ts';
import { topClasses } from '../../training/top-classes.ts';
import { Terminal } from '../terminal.ts';

const SHOWN_CLASSES = 5;
const BATCH = 32;

interface ClassifyOptions {
  readonly device: string;
  readonly format: 'csv' | 'jsonl';
  readonly json?: boolean;
}

class NothingToClassify extends ExpectedFailure {}

export function classifyCommand(signal: AbortSignal): Command {
  return new Command('classify')
    .description('Classify an image, or all images in a folder, with any model file.')
    .argument('<checkpoint>', 'a model.safetensors file: from a run, torchvision or timm')
    .argument('<path>', 'an image, or a folder of images')
    .addOption(new Option('--format <format>', 'what to print').choices(['csv', 'jsonl']).default('csv'))
    .option('--device <device>', 'auto, cpu, webgpu, cuda, dml or coreml', 'cpu')
    .action(async (modelPath: string, path: string, options: ClassifyOptions) => {
      const terminal = new Terminal(options.json === true || options.format === 'jsonl');
      const { classNames } = await loadModel(modelPath);
      const paths = await imagesAt(path, terminal, signal);
      const request = {
        target: { device: await chooseDevice(options.device), threads: undefined },
        modelPath,
        batch: Math.min(BATCH, paths.length),
        source: { kind: 'files', paths },
      } as const;
      terminal.print(['path', 'class', 'probability', 'top5'].join(','));
      const bar = terminal.progress('Classifying', paths.length, 'images');
      await runTask('predict', request, {
        signal,
        onEvent: (batch) => {
          for (const line of classified(batch, paths, classNames)) {
            terminal.event({ event: 'classified', ...line });
            terminal.print(csvLine(line));
          }
          for (const { place, reason } of batch.unreadable) terminal.note(`${paths[place]}: ${reason}`);
          bar.update(batch.first + batch.count);
        },
      });
      bar.end();
    });
}

interface Classified {
  readonly path: string;
  readonly class: string;
  readonly probability: number;
  readonly top5: readonly { readonly class: string; readonly probability: number }[];
}

function* classified(
  batch: ScoredBatch,
  paths: readonly string[],
  classNames: readonly string[],
): Generator<Classified> {
  const shown = Math.min(SHOWN_CLASSES, batch.classes);
  const best = topClasses(batch, shown);
  const unreadable = new Set(batch.unreadable.map(({ place }) => place));
  for (let index = 0; index < batch.count; index++) {
    if (unreadable.has(batch.first + index)) continue;
    const top5 = Array.from({ length: shown }, (_, rank) => ({
      class: classNames[best.classIds[index * shown + rank] ?? 0] ?? '',
      probability: Number((best.probabilities[index * shown + rank] ?? 0).toFixed(6)),
    }));
    const [first] = top5;
    if (first) yield { path: paths[batch.first + index] ?? '', ...first, top5 };
  }
}

function csvLine({ path, class: name, probability, top5 }: Classified): string {
  const ranking = top5.map((entry) => `${entry.class} ${entry.probability}`).join('; ');
  return [path, name, String(probability), ranking].map(csvField).join(',');
}

function csvField(text: string): string {
  return /[",\n\r]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}

async function imagesAt(path: string, terminal: Terminal, signal: AbortSignal): Promise<string[]> {
  const found = await stat(path).catch(() => {
    throw new WrongUsage(`There is no file or folder ${path}: check the path.`);
  });
  if (found.isFile()) return [path];
  const paths: string[] = [];
  for await (const entry of scanFolder(path, { signal })) {
    if (entry.kind === 'image') paths.push(join(path, entry.relativePath));
    else terminal.note(`${entry.relativePath}: ${entry.reason}`);
  }
  if (paths.length === 0) throw new NothingToClassify(`There is no image in ${path}: nothing was classified.`);
  return paths;
}
