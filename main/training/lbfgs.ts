/**
 * Minimises a smooth function by limited-memory BFGS with a backtracking line search (Nocedal and Wright, 2006,
 * algorithms 7.4 and 3.1): for convex functions of up to millions of variables, such as a linear classifier's loss.
 * Deterministic.
 */
import { at } from '../at.ts';

/** The function's value at `x`, and its gradient, which must be a new array. */
export type Objective = (x: Float64Array) => Promise<{ readonly value: number; readonly gradient: Float64Array }>;

export interface LbfgsOptions {
  readonly mostSteps: number;
  /** Stops when no component of the gradient is larger. */
  readonly gradientTolerance: number;
  /** Stops when a step lowers the value by less than this share of it. */
  readonly valueTolerance: number;
}

export interface Minimum {
  readonly x: Float64Array;
  readonly value: number;
  readonly steps: number;
}

const HISTORY = 10;
const SUFFICIENT_DECREASE = 1e-4;
const MOST_HALVINGS = 30;
/** Pairs with almost no curvature would make the inverse Hessian explode. */
const LEAST_CURVATURE = 1e-10;

interface Pair {
  readonly moved: Float64Array;
  readonly changed: Float64Array;
  /** 1 / (moved · changed) */
  readonly inverse: number;
}

export async function minimise(objective: Objective, start: Float64Array, options: LbfgsOptions): Promise<Minimum> {
  let x = start;
  let { value, gradient } = await objective(x);
  const pairs: Pair[] = [];
  let steps = 0;
  for (; steps < options.mostSteps && largest(gradient) > options.gradientTolerance; steps++) {
    const direction = descentDirection(gradient, pairs);
    const found = await lineSearch(objective, { x, value, gradient }, direction, pairs.length === 0);
    if (!found) break;
    const moved = difference(found.x, x);
    const changed = difference(found.gradient, gradient);
    const curvature = dot(moved, changed);
    if (curvature > LEAST_CURVATURE * dot(changed, changed)) {
      pairs.push({ moved, changed, inverse: 1 / curvature });
      if (pairs.length > HISTORY) pairs.shift();
    }
    const lowered = value - found.value;
    ({ x, value, gradient } = found);
    if (lowered < options.valueTolerance * Math.max(Math.abs(value), 1e-12)) break;
  }
  return { x, value, steps };
}

interface Point {
  readonly x: Float64Array;
  readonly value: number;
  readonly gradient: Float64Array;
}

/** Undefined if no step along `direction` lowers the value, because floating-point precision is exhausted. */
async function lineSearch(
  objective: Objective,
  from: Point,
  direction: Float64Array,
  first: boolean,
): Promise<Point | undefined> {
  const slope = dot(from.gradient, direction);
  if (!(slope < 0)) return undefined;
  // Before the first step the scale is unknown.
  let length = first ? Math.min(1, 1 / Math.sqrt(dot(from.gradient, from.gradient))) : 1;
  for (let halving = 0; halving < MOST_HALVINGS; halving++, length /= 2) {
    const x = from.x.map((value, index) => value + length * at(direction, index));
    const { value, gradient } = await objective(x);
    if (value <= from.value + SUFFICIENT_DECREASE * length * slope) return { x, value, gradient };
  }
  return undefined;
}

/** −H·g by the two-loop recursion over the last pairs. */
function descentDirection(gradient: Float64Array, pairs: readonly Pair[]): Float64Array {
  const direction = gradient.map((value) => -value);
  const shares = new Float64Array(pairs.length);
  for (let index = pairs.length - 1; index >= 0; index--) {
    const { moved, changed, inverse } = at(pairs, index);
    shares[index] = inverse * dot(moved, direction);
    add(direction, changed, -at(shares, index));
  }
  const last = pairs.at(-1);
  if (last) scale(direction, 1 / (last.inverse * dot(last.changed, last.changed)));
  for (const [index, { moved, changed, inverse }] of pairs.entries()) {
    add(direction, moved, at(shares, index) - inverse * dot(changed, direction));
  }
  return direction;
}

function dot(a: Float64Array, b: Float64Array): number {
  let sum = 0;
  for (let index = 0; index < a.length; index++) sum += (a[index] as number) * (b[index] as number);
  return sum;
}

function add(target: Float64Array, values: Float64Array, factor: number): void {
  for (let index = 0; index < target.length; index++)
    target[index] = (target[index] as number) + factor * (values[index] as number);
}

function scale(target: Float64Array, factor: number): void {
  for (let index = 0; index < target.length; index++) target[index] = (target[index] as number) * factor;
}

function difference(a: Float64Array, b: Float64Array): Float64Array {
  const result = new Float64Array(a.length);
  for (let index = 0; index < a.length; index++) result[index] = (a[index] as number) - (b[index] as number);
  return result;
}

function largest(values: Float64Array): number {
  let most = 0;
  for (const value of values) most = Math.max(most, Math.abs(value));
  return most;
}
