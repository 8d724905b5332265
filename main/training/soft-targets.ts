/**
 * Targets of images other than one class each: the known classes keep their shares, and what is missing to 1 is spread
 * evenly over the others. Rows that sum to more than 1, or that include every class, are divided by their sum.
 */
import { at } from '../at.ts';

/** Plain data that can be passed to a worker thread. */
export interface SoftTargets {
  /** The largest number of known classes per image. */
  readonly width: number;
  /** [samples, width], class indices of the network; −1 for unused entries. */
  readonly outputs: Int32Array;
  /** [samples, width], none below 0. */
  readonly shares: Float32Array;
}

/** Fills `row`, [classes], with the target of a sample. */
export function fillTarget({ width, outputs, shares }: SoftTargets, sample: number, row: Float32Array): void {
  let [sum, known] = [0, 0];
  for (let place = sample * width; place < (sample + 1) * width; place++) {
    if (at(outputs, place) === -1) continue;
    sum += at(shares, place);
    known++;
  }
  const whole = known === row.length || sum > 1;
  const divisor = whole && sum > 0 ? sum : 1;
  row.fill(whole ? 0 : (1 - sum) / (row.length - known));
  for (let place = sample * width; place < (sample + 1) * width; place++) {
    const output = at(outputs, place);
    if (output !== -1) row[output] = at(shares, place) / divisor;
  }
}

/** For a sigmoid per class: `row`, [classes, 2], gets [1, 0] for each known class and [0, 1] for the others. */
export function fillEach({ width, outputs, shares }: SoftTargets, sample: number, row: Float32Array): void {
  for (let place = 0; place < row.length; place++) row[place] = place % 2;
  for (let place = sample * width; place < (sample + 1) * width; place++) {
    const output = at(outputs, place);
    if (output === -1 || at(shares, place) === 0) continue;
    row[2 * output] = 1;
    row[2 * output + 1] = 0;
  }
}

/** Whether image `sample` has the class `output`. */
export function isOf({ width, outputs }: SoftTargets, sample: number, output: number): boolean {
  return outputs.subarray(sample * width, (sample + 1) * width).includes(output);
}
