import { join } from 'node:path';
import { Command, Option } from 'commander';
import { csvLine } from '../../catalogue/csv.ts';
import { chooseDevice } from '../../doctor/choose-device.ts';
import { type Device, deviceName } from '../../engines/device.ts';
import { keepStorage } from '../../images/storage-place.ts';
import { localPath } from '../../local-path.ts';
import { placePath } from '../../object-address.ts';
import { ClassificationJournal, classificationKey } from '../../pipeline/classification-journal.ts';
import { type Classifier, classifierAt } from '../../pipeline/classifier.ts';
import { type ClassifiedImage, classifyFiles, imagesAt } from '../../pipeline/classify.ts';
import type { ListedImages } from '../../pipeline/listed-images.ts';
import { settingsFolder } from '../../settings-folder.ts';
import { DEVICE_NAMES } from '../device-names.ts';
import { type StorageOptions, withStorageOptions } from '../storage-options.ts';
import { Terminal } from '../terminal.ts';

interface ClassifyOptions extends StorageOptions {
  readonly device: string;
  readonly format: 'csv' | 'jsonl';
  readonly json?: boolean;
}

export function classifyCommand(signal: AbortSignal): Command {
  const command = new Command('classify')
    .description('Classify an image, or all images in a folder, with a model file.')
    .argument(
      '<checkpoint>',
      'a model.safetensors file from a run, torchvision or timm; or the head.safetensors of a teacher with eyes',
    )
    .argument('<path>', 'an image, or a folder of images, or s3://bucket/prefix')
    .addOption(new Option('--format <format>', 'what to print').choices(['csv', 'jsonl']).default('csv'))
    .option('--device <device>', DEVICE_NAMES, 'cpu');
  return withStorageOptions(command).action(async (model: string, folder: string, options: ClassifyOptions) => {
    await keepStorage(folder, options);
    const path = placePath(folder);
    const terminal = new Terminal(options.json === true || options.format === 'jsonl');
    const classifier = await classifierAt(localPath(model, 'file'));
    const images = await imagesAt(path, signal, (problem) => terminal.note(`${problem.path}: ${problem.reason}`));
    try {
      await classifyListed({
        classifier,
        images,
        terminal,
        device: await chooseDevice(options.device, signal),
        signal,
      });
    } finally {
      await images.close();
    }
  });
}

interface Classification {
  readonly classifier: Classifier;
  readonly images: ListedImages;
  readonly terminal: Terminal;
  readonly device: Device;
  readonly signal: AbortSignal;
}

/** Continues an interrupted classification of the same images. */
async function classifyListed({ classifier, images, terminal, device, signal }: Classification): Promise<void> {
  const target = { device, threads: undefined };
  const key = await classificationKey(classifier, deviceName(device), images);
  if (classifier.temperature !== undefined) {
    const temperature = classifier.temperature.toFixed(2);
    terminal.note(`Probabilities are calibrated on held-out images (temperature ${temperature}).`);
  }
  if (classifier.thresholds) {
    terminal.note('An image gets each class whose probability reaches that class’s threshold.');
  }
  const folderOfJournals = join(settingsFolder(), 'classifications');
  const journal = new ClassificationJournal(folderOfJournals, key);
  terminal.data(csvLine(['path', 'class', 'probability', 'top5', 'unlike']));
  let done = 0;
  for await (const classified of journal.batches()) {
    done += classified.length;
    print(terminal, classified);
  }
  if (done > 0) terminal.note(`Continuing after ${done} of ${images.length} images, which were classified before.`);
  const bar = terminal.progress('Classifying', images.length, 'images');
  let kept = true;
  const request = { classifier, images, target, signal, done };
  await classifyFiles(request, (classified, doneNow) => {
    if (kept && !journal.append(classified)) {
      kept = false;
      terminal.note(`Progress cannot be saved in ${folderOfJournals}: if interrupted, this will start again.`);
    }
    print(terminal, classified);
    bar.update(doneNow);
  });
  await journal.finish();
  bar.end();
}

function print(terminal: Terminal, classified: readonly ClassifiedImage[]): void {
  for (const line of classified.flatMap(printed)) {
    terminal.event({ event: 'classified', ...line });
    terminal.data(csvLine(cellsOf(line)));
  }
  for (const image of classified) if (image.unreadable !== null) terminal.note(`${image.path}: ${image.unreadable}`);
}

interface Printed {
  readonly path: string;
  /** For a model of several classes: all that reach their thresholds, separated by “; ”; empty if there are none. */
  readonly class: string;
  readonly probability: number;
  readonly classes?: readonly string[];
  readonly top5: readonly { readonly class: string; readonly probability: number }[];
  readonly unlike: boolean;
}

function printed({ path, top, said, unlike }: ClassifiedImage): Printed[] {
  const top5 = top.map(({ className, probability }) => ({
    class: className,
    probability: Number(probability.toFixed(6)),
  }));
  const [first] = top5;
  if (!first) return [];
  const classes = said?.map(({ className }) => className);
  return [{ path, ...first, ...(classes && { class: classes.join('; '), classes }), top5, unlike }];
}

function cellsOf({ path, class: name, probability, top5, unlike }: Printed): (string | number)[] {
  const said = top5.map((entry) => `${entry.class} ${entry.probability}`).join('; ');
  return [path, name, probability, said, unlike ? 'unlike anything it has learnt from' : ''];
}
