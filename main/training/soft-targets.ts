/**
 * What images are trained on instead of one class each: what is known of some classes stays as it is, and what is missing to 1 is
 * spread evenly over the others, of which nothing is known. Rows that come to more than 1, or that know every class, are divided
 * by their sum.
 */
import { at } from '../at.ts';

/** As plain data that crosses to a worker thread. */
export interface SoftTargets {
  /** Classes that are known of an image, at most. */
  readonly width: number;
  /** [samples, width], as the network numbers the classes; −1 where less is known. */
  readonly outputs: Int32Array;
  /** [samples, width], none below 0. */
  readonly shares: Float32Array;
}

/** Makes `row`, [classes], the target of a sample. */
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

/** For a sigmoid of each class: `row`, [classes, 2], has what it is and what it is not, with 1 for each known class. */
export function fillEach({ width, outputs, shares }: SoftTargets, sample: number, row: Float32Array): void {
  for (let place = 0; place < row.length; place++) row[place] = place % 2;
  for (let place = sample * width; place < (sample + 1) * width; place++) {
    const output = at(outputs, place);
    if (output === -1 || at(shares, place) === 0) continue;
    row[2 * output] = 1;
    row[2 * output + 1] = 0;
  }
}

/** Whether image `sample` is of `output`. */
export function isOf({ width, outputs }: SoftTargets, sample: number, output: number): boolean {
  return outputs.subarray(sample * width, (sample + 1) * width).includes(output);
}
