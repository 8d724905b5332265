/**
 * Lowering for ONNX Runtime's CPU provider in its blocked layout: activations [N, C/b, H, W, b] held under their
 * logical shape [N, C, H, W]. The runtime itself uses this layout only for constant weights; written out explicitly, it
 * makes a training step 2 to 8 times faster than plain NCHW (measured: ARCHITECTURE.md, "The CPU layout"). A value may
 * exist in several forms; it is converted when a form is requested that does not exist yet.
 */
import type { Program, Shape, Value } from '../../../graph/program.ts';
import { dimension, elementCount } from '../../../graph/program.ts';
import { LoweringContext, type StateLayout } from '../lowering.ts';
import type { OnnxAttributes } from '../onnx-graph.ts';
import { BLOCKED_DOMAIN } from './block-size.ts';
import { filterLayout, filterValues } from './filter-layout.ts';

/**
 * An image split by position modulo the stride: plane a·stride + c holds rows a, a + stride, …; undefined means all
 * zeros.
 */
export interface Phases {
  readonly stride: number;
  readonly planes: readonly (string | undefined)[];
}

/** A value that is not computed yet, because an addition or a ReLU that follows can be done in the same pass. */
export type Pending =
  | { readonly kind: 'affine'; emit(sum: string | undefined, relu: boolean): string }
  | { readonly kind: 'convolution'; emit(sum: string | undefined): string }
  | { readonly kind: 'phases'; emit(sum: Phases | undefined): Phases };

interface Forms {
  blocked?: string;
  /** An image with its channels last. */
  rows?: string;
  filter?: string;
  phases?: Phases;
  pending?: Pending;
}

export interface BlockedConvOptions extends OnnxAttributes {
  readonly kernel_shape: readonly number[];
}

/** The optional inputs of a blocked convolution besides image and filter. */
export interface Extras {
  readonly bias?: string | undefined;
  readonly sum?: string | undefined;
}

/** What the forward pass of batch normalisation keeps for the gradient. */
export interface Normalised {
  readonly centred: string;
  readonly inverse: string;
  readonly gain: string;
}

/** x > 0 ? 1 : 0 as an activation: a hard sigmoid steep enough to be a step. */
const STEP_SLOPE = 3e38;

export class BlockedContext extends LoweringContext {
  readonly block: number;
  /** Keyed by the id of the batch's mean. */
  readonly normalised = new Map<number, Normalised>();
  readonly #filters: ReadonlySet<number>;
  readonly #forms = new Map<number, Forms>();

  constructor(program: Program, block: number) {
    super();
    this.block = block;
    this.#filters = filterValues(program, block);
  }

  /** True for an activation whose channels fill whole blocks. */
  fits(value: Value): boolean {
    return value.shape.length === 4 && dimension(value.shape, 1) % this.block === 0;
  }

  /** True if the value is or will be in the blocked layout, so that continuing there costs no conversion. */
  isBlocked(value: Value): boolean {
    const { blocked, phases, pending } = this.#of(value);
    return blocked !== undefined || phases !== undefined || pending !== undefined;
  }

  bindBlocked(value: Value, name: string): void {
    this.#of(value).blocked = name;
  }

  /** Binds an image that exists as rows of channels, [N, H, W, C]. */
  bindRows(value: Value, name: string): void {
    this.#of(value).rows = name;
  }

  bindFilter(value: Value, name: string): void {
    this.#of(value).filter = name;
  }

  bindPending(value: Value, pending: Pending): void {
    this.#of(value).pending = pending;
  }

  /** The deferred computation of the value, if it has not been requested yet. */
  pending(value: Value): Pending | undefined {
    const { blocked, phases, pending } = this.#of(value);
    return blocked === undefined && phases === undefined ? pending : undefined;
  }

  phases(value: Value): Phases | undefined {
    const forms = this.#of(value);
    if (!forms.phases && forms.pending?.kind === 'phases') forms.phases = forms.pending.emit(undefined);
    return forms.phases;
  }

  /** The value in the blocked layout. */
  blocked(value: Value): string {
    const forms = this.#of(value);
    forms.blocked ??= this.#makeBlocked(value, forms);
    return forms.blocked;
  }

  /** An image as rows of channels, [N, H, W, C]. */
  rows(value: Value): string {
    const forms = this.#of(value);
    forms.rows ??= this.isBlocked(value)
      ? this.#reordered(value, true)
      : this.onnx.node('Transpose', [this.name(value)], { perm: [0, 2, 3, 1] });
    return forms.rows;
  }

  /** A weight in the filter layout. */
  filter(value: Value): string {
    const forms = this.#of(value);
    forms.filter ??= this.#packed(this.name(value), value.shape);
    return forms.filter;
  }

  override name(value: Value): string {
    const known = this.knownName(value);
    if (known !== undefined) return known;
    const made = this.#rowMajor(value);
    this.bind(value, made);
    return made;
  }

  #rowMajor(value: Value): string {
    const { filter, rows } = this.#of(value);
    if (filter !== undefined) return this.#unpacked(filter, value.shape);
    if (rows !== undefined) return this.onnx.node('Transpose', [rows], { perm: [0, 3, 1, 2] });
    return this.#reordered(value, false);
  }

  /** Converts out of the blocked layout. */
  #reordered(value: Value, channelsLast: boolean): string {
    const attributes = { channels: dimension(value.shape, 1), channels_last: Number(channelsLast) };
    return this.onnx.node('ReorderOutput', [this.blocked(value)], attributes, BLOCKED_DOMAIN);
  }

  override stateLayout(value: Value): StateLayout | undefined {
    return this.#filters.has(value.id) ? filterLayout(value.shape, this.block) : undefined;
  }

  override bindState(value: Value, name: string): void {
    if (this.#filters.has(value.id)) this.bindFilter(value, name);
    else this.bind(value, name);
  }

  override nextStateName(state: Value, next: Value): string {
    return this.#filters.has(state.id) ? this.filter(next) : this.name(next);
  }

  /** Whether this weight, or what updates it, is kept in the filter layout. */
  isFilter(value: Value): boolean {
    return this.#filters.has(value.id);
  }

  /** A blocked convolution. */
  conv(x: string, filter: string, options: BlockedConvOptions, { bias, sum }: Extras = {}): string {
    const inputs =
      sum === undefined ? [x, filter, ...(bias === undefined ? [] : [bias])] : [x, filter, bias ?? '', sum];
    return this.onnx.node('Conv', inputs, options, BLOCKED_DOMAIN);
  }

  /** gain·x + bias + sum per channel, optionally with a ReLU, in one pass: a depthwise 1×1 convolution. */
  affine(x: string, channels: number, gain: string, extras: Extras = {}, relu = false): string {
    const options = { kernel_shape: [1, 1], group: channels, ...(relu ? { activation: 'Relu' } : {}) };
    return this.conv(x, gain, options, extras);
  }

  /** 1 where x (+ sum) > 0, else 0; with `orEqual`, 1 where it is ≥ 0. */
  step(x: string, filter: string, options: BlockedConvOptions, extras: Extras = {}, orEqual = false): string {
    const activation = { activation: 'HardSigmoid', activation_params: { floats: [STEP_SLOPE, orEqual ? 1 : 0] } };
    return this.conv(x, filter, { ...options, ...activation }, extras);
  }

  /** A copy; a convolution adds its sum in place if nobody else needs it, and otherwise copies it slowly. */
  copy(x: string, channels: number): string {
    return this.affine(x, channels, this.gains(channels, 1));
  }

  /** The same gain for every channel. */
  gains(channels: number, gain: number): string {
    return this.onnx.sharedTensor(`gain ${channels} ${gain}`, [channels, 1, 1, 1], () =>
      new Float32Array(channels).fill(gain),
    );
  }

  /** The mean of a blocked activation over batch and positions, [C]. */
  channelMean(x: string, batch: number, channels: number): string {
    const { onnx } = this;
    return onnx.node('ReduceMean', [this.positionMean(x, batch, channels), onnx.integers([0])], { keepdims: 0 });
  }

  /** The mean of a blocked activation over positions, [N, C]. */
  positionMean(x: string, batch: number, channels: number): string {
    const pooled = this.onnx.node('GlobalAveragePool', [x], {}, BLOCKED_DOMAIN);
    return this.reshape(pooled, [batch, channels]);
  }

  reshape(x: string, shape: Shape): string {
    return this.onnx.node('Reshape', [x, this.onnx.integers(shape)]);
  }

  /** Transposes each of `blocks` consecutive b × b blocks of a flat tensor. */
  transposeBlocks(x: string, blocks: number): string {
    const grid = this.reshape(x, [blocks, this.block, 1, this.block]);
    return this.onnx.node('ReorderOutput', [grid], { channels: this.block }, BLOCKED_DOMAIN);
  }

  /** For each of `groups` groups of `rows` rows of `width` numbers, the rows listed in `index`, in that order. */
  gatherRows(x: string, groups: number, rows: number, width: number, index: readonly number[]): string {
    if (index.length === rows && index.every((row, place) => row === place)) return x;
    const chosen = this.onnx.tensor([index.length], Int32Array.from(index));
    return this.onnx.node('Gather', [this.reshape(x, [groups, rows, width]), chosen], { axis: 1 });
  }

  /** Sums over the first axis of [rows, length]. */
  sumRows(x: string, rows: number, length: number): string {
    const ones = this.onnx.sharedTensor(`ones ${rows}`, [1, rows], () => new Float32Array(rows).fill(1));
    return this.onnx.node('MatMul', [ones, this.reshape(x, [rows, length])]);
  }

  #of(value: Value): Forms {
    const known = this.#forms.get(value.id);
    if (known) return known;
    const forms: Forms = {};
    this.#forms.set(value.id, forms);
    return forms;
  }

  #makeBlocked(value: Value, forms: Forms): string {
    const { pending } = forms;
    if (pending?.kind === 'affine') return pending.emit(undefined, false);
    if (pending?.kind === 'convolution') return pending.emit(undefined);
    const phases = this.phases(value);
    if (phases) return this.#interleaved(phases, value.shape);
    if (forms.rows !== undefined) {
      return this.onnx.node('ReorderInput', [forms.rows], { channels_last: 1 }, BLOCKED_DOMAIN);
    }
    return this.onnx.node('ReorderInput', [this.name(value)], {}, BLOCKED_DOMAIN);
  }

  /** Puts the phases of an activation of `shape` back into their places. */
  #interleaved({ stride, planes }: Phases, shape: Shape): string {
    const [batch, channels, height, width] = shape as readonly [number, number, number, number];
    const { onnx, block } = this;
    const groups = (batch * channels) / block;
    const pixels = (groups * height * width) / stride ** 2;
    const cell = [pixels, 1, block];
    const rows = Array.from({ length: stride }, (_, row) => {
      const parts = Array.from({ length: stride }, (_, column) => {
        const plane = planes[row * stride + column];
        if (plane !== undefined) return this.reshape(plane, cell);
        return onnx.node('Expand', [onnx.scalar(0), onnx.integers(cell)]);
      });
      const joined = onnx.node('Concat', parts, { axis: 1 });
      return this.reshape(joined, [(groups * height) / stride, 1, width * block]);
    });
    return this.reshape(onnx.node('Concat', rows, { axis: 1 }), shape);
  }

  #packed(name: string, shape: Shape): string {
    const { onnx, block } = this;
    const [outputs = 1, inputs = 1, ...kernel] = shape;
    const inner = inputs < block ? 1 : block;
    const split = this.reshape(name, [outputs / block, block, inputs / inner, inner, ...kernel]);
    return this.reshape(onnx.node('Transpose', [split], { perm: [0, 2, 4, 5, 3, 1] }), shape);
  }

  #unpacked(name: string, shape: Shape): string {
    const { onnx, block } = this;
    const [outputs = 1, inputs = 1, ...kernel] = shape;
    const inner = inputs < block ? 1 : block;
    const split = this.reshape(name, [outputs / block, inputs / inner, ...kernel, inner, block]);
    return this.reshape(onnx.node('Transpose', [split], { perm: [0, 5, 1, 4, 2, 3] }), shape);
  }
}

/** [1, C, 1, 1]-like vectors as the filters of a depthwise convolution. */
export function asGains(context: BlockedContext, vector: string, channels: number): string {
  return context.reshape(vector, [channels, 1, 1, 1]);
}

/** The number of positions of one channel. */
export function positions(shape: Shape): number {
  return elementCount(shape.slice(2));
}
