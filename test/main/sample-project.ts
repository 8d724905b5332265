/** A small real project: the sample collection in miniature, imported, with a recipe that runs in seconds. */
import { join } from 'node:path';
import { generateSampleCollection } from '../../main/images/sample/sample-collection.ts';
import { here } from './command-here.ts';
import type { Finished } from './command-line.ts';

/** Small enough for seconds, large enough that every training has several checkpoints and every labelling several batches. */
export const QUICK = [
  '--recipe',
  'demo',
  '--device',
  'cpu',
  '--set',
  'imageSizePx=32',
  'batch=16',
  'label.batch=32',
  'teacher.width=16',
  'teacher.training.images=480',
  'supervised.training.images=240',
  'pretrain.images=480',
  'finetune.images=240',
  'select.k=12',
  'engine.checkpointSeconds=0.02',
  'engine.threads=2',
];

/** As short as a run can be, for tests of how it starts and ends. */
export const BRIEF = [
  ...QUICK,
  'teacher.training.images=96',
  'supervised.training.images=48',
  'pretrain.images=48',
  'finetune.images=48',
  'engine.checkpointSeconds=1',
];

export async function generateMiniature(root: string) {
  return await generateSampleCollection(join(root, 'images'), {
    seed: 5,
    labelledPerClass: 6,
    unlabelled: 160,
    heldOutPerClass: 4,
    sizePx: 32,
  });
}

type Sample = Awaited<ReturnType<typeof generateMiniature>>;

/** Creates a project and adds the sample's three folders; throws with the command's message if one fails. */
export async function createSampleProject(directory: string, sample: Sample): Promise<void> {
  const commands = [
    ['new', directory, '--name', 'Sample'],
    ['add', directory, '--labelled', sample.labelled],
    ['add', directory, '--labelled', sample.heldOut, '--split', 'test'],
    ['add', directory, '--unlabelled', sample.unlabelled],
  ];
  for (const command of commands) requireDone(await here(...command));
}

export function requireDone(finished: Finished): Finished {
  if (finished.code !== 0) throw new Error(`the command ended with ${finished.code}: ${finished.stderr}`);
  return finished;
}
