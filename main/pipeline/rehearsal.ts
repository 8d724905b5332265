/**
 * A rehearsal of the teacher: a short training on some of the labelled images, evaluated on others that it did not see.
 * Within seconds to minutes it tells whether brought weights, a rate or a size are worth the full training. Stores
 * nothing.
 */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { at } from '../at.ts';
import { MODEL } from '../catalogue/run-files.ts';
import { WrongUsage } from '../failure.ts';
import { runTask } from '../jobs/run-task.ts';
import { CounterRandom } from '../random.ts';
import { isOf } from '../training/soft-targets.ts';
import { wilsonInterval } from '../wilson-interval.ts';
import { type Collection, type LabelledImages, pixelsFor } from './collection.ts';
import { severalTargets } from './several-labels.ts';
import { trainRequest } from './train-stage.ts';
import { teacherTraining } from './trainings.ts';
import type { Workspace } from './workspace.ts';

export interface Rehearsal {
  /** Accuracy on the images that were left out. */
  readonly top1: number;
  /** 95 %, Wilson. */
  readonly interval: readonly [number, number];
  readonly trainedOn: number;
  readonly leftOut: number;
  /** Each image counts every time it was seen. */
  readonly images: number;
  /** In the full training. */
  readonly imagesInFull: number;
  readonly seconds: number;
}

/** A few hundred images give the accuracy to within ten percentage points. */
const MOST_IMAGES = 400;
const LEFT_OUT_SHARE = 0.25;
const MOST_SEEN = 1600;
const SHUFFLE = 11;

/** Throws `WrongUsage` if no teacher would be trained, or too few images are labelled. */
export async function rehearse(workspace: Workspace, collection: Collection): Promise<Rehearsal> {
  const { recipe, signal, target } = workspace;
  const { run, features } = recipe.teacher;
  if (run !== null || features !== null) {
    throw new WrongUsage(
      'The recipe trains no network for the teacher, so there is nothing to rehearse: set teacher.run and teacher.features to null.',
    );
  }
  const { trained, leftOut } = parted(collection.labelled, recipe.seed);
  if (trained.imageIds.length < recipe.batch || leftOut.imageIds.length === 0) {
    throw new WrongUsage(
      `There are too few labelled images to leave some out of a batch of ${recipe.batch}: label more, or set a smaller batch.`,
    );
  }
  const plan = teacherTraining(recipe, collection, undefined);
  const images = Math.min(plan.training.images, Math.max(recipe.batch, MOST_SEEN));
  const directory = await mkdtemp(join(tmpdir(), 'understudy-rehearsal-'));
  try {
    const short = { ...plan, training: { ...plan.training, images } };
    const request = await trainRequest(workspace, collection, short, trained, { directory, runId: 'rehearsal' });
    const { seconds, imagesProcessed } = await runTask('train', request, {
      signal,
      onEvent: ({ imagesProcessed: done, totalImages }) =>
        workspace.tell({ kind: 'stageProgressed', stage: 'teacher', done, total: totalImages, detail: 'a rehearsal' }),
    });
    const wanted = severalTargets(collection, leftOut);
    const cache = await pixelsFor(workspace, collection, recipe.imageSizePx, plan.preprocessing);
    let hits = 0;
    const source = { kind: 'cache', ...cache, imageIds: leftOut.imageIds } as const;
    const modelPath = join(directory, MODEL);
    await runTask(
      'predict',
      { target, modelPath, batch: recipe.label.batch, source },
      {
        signal,
        onEvent: ({ first, count, classes, probabilities }) => {
          for (let index = 0; index < count; index++) {
            const own = probabilities.subarray(index * classes, (index + 1) * classes);
            hits += Number(isOf(wanted, first + index, own.indexOf(Math.max(...own))));
          }
        },
      },
    );
    const total = leftOut.imageIds.length;
    return {
      ...{ top1: hits / total, interval: wilsonInterval(hits, total), trainedOn: trained.imageIds.length },
      ...{ leftOut: total, images: imagesProcessed, imagesInFull: plan.training.images, seconds },
    };
  } finally {
    await rm(directory, { recursive: true, force: true });
  }
}

/** At most `MOST_IMAGES`, leaving out the same share of each class, but never the last image of a class. */
function parted({ imageIds, classIds, further }: LabelledImages, seed: number) {
  const order = Int32Array.from(imageIds.keys());
  new CounterRandom(seed, SHUFFLE).shuffle(order);
  const counts = new Map<number, number>();
  const [trained, leftOut]: [number[], number[]] = [[], []];
  const every = Math.round(1 / LEFT_OUT_SHARE);
  for (const place of order.subarray(0, MOST_IMAGES)) {
    const count = (counts.get(at(classIds, place)) ?? 0) + 1;
    counts.set(at(classIds, place), count);
    (count % every === 0 ? leftOut : trained).push(place);
  }
  const part = (places: readonly number[]): LabelledImages => ({
    imageIds: Int32Array.from(places, (place) => at(imageIds, place)),
    classIds: Int32Array.from(places, (place) => at(classIds, place)),
    ...(further && { further }),
  });
  return { trained: part(trained), leftOut: part(leftOut) };
}

export function rehearsalText({
  top1,
  interval,
  trainedOn,
  leftOut,
  images,
  imagesInFull,
  seconds,
}: Rehearsal): string {
  const percent = (share: number) => `${Math.round(100 * share)} %`;
  const [low, high] = interval;
  const more = imagesInFull / images;
  const whole =
    more > 1.05 ? `The whole training sees ${more.toFixed(1)} times as many.` : 'The whole training is as long.';
  return `After ${images.toLocaleString('en')} images in ${Math.round(seconds)} s, learning from ${trainedOn} labelled pictures, the teacher is right on ${percent(top1)} of ${leftOut} others (95 %: ${percent(low)} to ${percent(high)}). ${whole}`;
}
