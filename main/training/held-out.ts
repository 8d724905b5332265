/**
 * Held-out accuracy during training: at some points of its curve, the network that would be kept there predicts a fixed
 * sample of the held-out images. The number of images and the frequency depend on the length of the training alone, so
 * that an interrupted training evaluates at the same points. The weights are copied from the training's session, which
 * is not otherwise touched: the resulting model is byte for byte that of a training without evaluation.
 */
import { at } from '../at.ts';
import { OutOfMemory } from '../engines/device-failures.ts';
import type { Engine, ProgramSession } from '../engines/engine.ts';
import type { Program } from '../graph/program.ts';
import { inferenceProgram, weightNames, weightsOf } from '../models/programs.ts';
import { valueAt } from '../value-at.ts';
import { openShownReader, type ShownReader } from './image-reader.ts';
import { SampleOrder } from './sample-order.ts';
import { imageTensors } from './shown-images.ts';
import { isOf } from './soft-targets.ts';
import { topClasses } from './top-classes.ts';
import type { HeldOutAnswers, TrainRequest } from './train-request.ts';

/**
 * The evaluation budget as a share of the images trained on: half of the permitted cost, leaving room for costs that
 * cannot be calculated.
 */
const SHARE = 0.015;
/**
 * The largest cost of predicting an image, in images trained on: only a forward pass, while training does forward and
 * backward.
 */
const COST_OF_IMAGE = 0.5;
/** The cost of copying the weights, in steps. */
const COST_OF_WEIGHTS = 0.25;
const WISHED_TIMES = 20;
/** Fewer images are not informative. */
const FEWEST_IMAGES = 32;
const MOST_IMAGES = 1000;
/** Limits the batches per evaluation, so that a request to stop the training is not delayed for long. */
const MOST_BATCHES = 4;
const SHOWN = 24;

export interface HeldOutPlan {
  readonly images: number;
  /** How many points of the curve lie between two evaluations; the last point is one of them. */
  readonly everyPoints: number;
}

/** Undefined if the training is too short for it, or there is nothing to evaluate on. */
export function heldOutPlan(request: TrainRequest, points: number): HeldOutPlan | undefined {
  const { batch, images: trained, tuning, heldOut } = request;
  const present = heldOut?.imageIds.length ?? 0;
  if (present === 0) return undefined;
  // If only the last layers learn, a step is little more than its forward pass.
  const costOfImage = tuning ? 1 : COST_OF_IMAGE;
  const fixed = COST_OF_WEIGHTS * batch;
  const budget = SHARE * trained;
  const fewest = Math.min(FEWEST_IMAGES, present);
  const most = Math.min(present, MOST_IMAGES, Math.max(FEWEST_IMAGES, MOST_BATCHES * batch));
  const affordable = Math.floor((budget / WISHED_TIMES - fixed) / costOfImage);
  const images = Math.max(fewest, Math.min(most, affordable));
  const times = Math.min(points, Math.floor(budget / (images * costOfImage + fixed)));
  return times < 1 ? undefined : { images, everyPoints: Math.ceil(points / times) };
}

export class HeldOutWatch {
  readonly #request: TrainRequest;
  readonly #engine: Engine;
  readonly #batch: number;
  readonly #points: number;
  readonly #plan: HeldOutPlan | undefined;
  readonly #imageIds: Int32Array;
  readonly #classIds: Int32Array;
  readonly #isRight: (place: number, answer: number) => boolean;
  #session: ProgramSession | undefined;
  #reader: ShownReader | undefined;
  #noRoom = false;

  /** `batch`: images per run; the curve has `points`. */
  constructor(request: TrainRequest, engine: Engine, batch: number, points: number) {
    this.#request = request;
    this.#engine = engine;
    this.#points = points;
    this.#plan = heldOutPlan(request, points);
    const { imageIds, classIds } = request.heldOut ?? { imageIds: new Int32Array(), classIds: new Int32Array() };
    const order = new SampleOrder(Math.max(1, imageIds.length), request.seed);
    const sample = Array.from({ length: this.#plan?.images ?? 0 }, (_, place) => order.at(place).sample);
    this.#imageIds = Int32Array.from(sample, (place) => at(imageIds, place));
    this.#classIds = Int32Array.from(sample, (place) => at(classIds, place));
    const targets = request.heldOut?.targets;
    this.#isRight = (place, answer) =>
      targets ? isOf(targets, at(sample, place), answer) : answer === at(this.#classIds, place);
    // Batches as equal as possible, since padding of the last batch is computed for nothing.
    const batches = Math.max(1, Math.ceil(sample.length / batch));
    this.#batch = Math.max(1, Math.ceil(sample.length / batches));
  }

  /**
   * The predictions of the network that `training` holds, at a point of the curve, counted from 1; undefined if none
   * are due.
   */
  async answersAt(point: number, training: ProgramSession, program: Program): Promise<HeldOutAnswers | undefined> {
    if (!this.#plan || this.#noRoom || (this.#points - point) % this.#plan.everyPoints !== 0) return undefined;
    try {
      return this.#counted(await this.#ask(await training.readState(weightNames(program))));
    } catch (error) {
      if (!(error instanceof OutOfMemory)) throw error;
      // The training itself has room: it continues without evaluation.
      this.#noRoom = true;
      await this.close();
      return undefined;
    }
  }

  async close(): Promise<void> {
    this.#reader?.close();
    await this.#session?.dispose();
    [this.#reader, this.#session] = [undefined, undefined];
  }

  /** One predicted class index per image. */
  async #ask(state: ReadonlyMap<string, Float32Array>): Promise<Int32Array> {
    const { network, averageDecay, target, data, asPixels = false } = this.#request;
    const batch = this.#batch;
    const weights = weightsOf(state, { averaged: averageDecay !== undefined });
    this.#reader ??= openShownReader({ kind: 'cache', ...data, imageIds: this.#imageIds }, this.#request, asPixels);
    if (this.#session) await this.#session.writeState(weights);
    else {
      const program = inferenceProgram(this.#reader.inputOf(batch));
      this.#session = await this.#engine.prepare(program, weights, { ...target, rewritten: true });
    }
    const images = this.#reader.empty(batch);
    const answers = new Int32Array(this.#imageIds.length);
    for (let first = 0; first < answers.length; first += batch) {
      const count = Math.min(batch, answers.length - first);
      await this.#reader.fill(first, count, images);
      const logits = valueAt(await this.#session.run(new Map(imageTensors(images))), 'logits');
      const best = topClasses({ first, count, classes: network.classes, probabilities: logits, unreadable: [] }, 1);
      answers.set(best.classIds, first);
    }
    return answers;
  }

  #counted(answers: Int32Array): HeldOutAnswers {
    const shown = [...answers.subarray(0, SHOWN)].map(
      // Of several true classes, shows the predicted one if it is among them.
      (answer, place) =>
        [at(this.#imageIds, place), this.#isRight(place, answer) ? answer : at(this.#classIds, place), answer] as const,
    );
    const correct = answers.reduce((sum, answer, place) => sum + Number(this.#isRight(place, answer)), 0);
    return { images: answers.length, correct, shown };
  }
}
