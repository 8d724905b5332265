/**
 * The weight gradient of a convolution, itself as a blocked convolution. Its filter is dY exactly as stored in memory:
 * b consecutive pixels of a row take the role of a block of input channels, and blocks of output channels keep theirs.
 * Its image is X with every b × b block of pixels and channels transposed. Images of a batch are independent groups,
 * added up at the end; with few positions, several images form one group. Measured faster than matrix products of
 * shifted copies for every shape of the family.
 */
import { nth } from '../../../graph/op-definition.ts';
import { dimension } from '../../../graph/program.ts';
import type { Lowering } from '../lowering.ts';
import { lowerConvWeightGradient } from '../plain/convolution.ts';
import type { BlockedContext } from './blocked-context.ts';
import { depthwiseWeightGradient, isDenseDepthwise } from './depthwise.ts';
import { isBlockable } from './filter-layout.ts';

export const lowerBlockedConvWeightGradient: Lowering<'convWeightGradient', BlockedContext> = (context, node) => {
  const [x, dy, dw] = [nth(node.inputs, 0), nth(node.inputs, 1), nth(node.outputs, 0)];
  const { attributes } = node;
  if (isDenseDepthwise(attributes.weightShape, attributes, context.block)) {
    return [depthwiseWeightGradient(context, node)];
  }
  if (!isBlockable(attributes.weightShape, attributes, context.block)) return lowerConvWeightGradient(context, node);
  const geometry = geometryOf(attributes.weightShape, attributes, x.shape, dy.shape);
  const plan = geometry.inputs < context.block ? stemPlan(geometry, context.block) : bodyPlan(geometry, context.block);
  if (!plan) return lowerConvWeightGradient(context, node);
  const gradient = plan(
    context,
    geometry.inputs < context.block ? context.name(x) : context.blocked(x),
    context.blocked(dy),
  );
  context.bindFilter(dw, context.reshape(gradient, attributes.weightShape));
  return [undefined];
};

interface Geometry {
  readonly batch: number;
  readonly inputs: number;
  readonly outputs: number;
  readonly kernel: number;
  readonly stride: number;
  readonly padding: number;
  /** Rows and columns of X and of dY. */
  readonly rows: number;
  readonly columns: number;
  readonly outRows: number;
  readonly outColumns: number;
}

/** Emits the gradient from X and dY; returns its name, in the filter layout. */
type Plan = (context: BlockedContext, x: string, dy: string) => string;

function geometryOf(
  weight: readonly number[],
  { strides, padding }: { readonly strides: readonly number[]; readonly padding: readonly number[] },
  x: readonly number[],
  dy: readonly number[],
): Geometry {
  const geometry = {
    batch: dimension(x, 0),
    inputs: dimension(weight, 1),
    outputs: dimension(weight, 0),
    kernel: dimension(weight, 2),
    stride: dimension(strides, 0),
    padding: dimension(padding, 0),
    rows: dimension(x, 2),
    columns: dimension(x, 3),
    outRows: dimension(dy, 2),
    outColumns: dimension(dy, 3),
  };
  // A 1×1 convolution has no neighbours: its image is treated as one long row.
  if (geometry.kernel !== 1 || geometry.stride !== 1 || geometry.padding !== 0) return geometry;
  const pixels = geometry.rows * geometry.columns;
  return { ...geometry, rows: 1, columns: pixels, outRows: 1, outColumns: pixels };
}

/** Undefined if the shapes do not fill whole blocks. */
function bodyPlan(geometry: Geometry, block: number): Plan | undefined {
  const { kernel, stride, padding, columns, outRows, outColumns } = geometry;
  // A strided 1×1 convolution uses only every stride-th row: those rows are the image.
  const sparseRows = kernel === 1 && stride > 1;
  const rows = sparseRows ? outRows : geometry.rows;
  const dilation = kernel === 1 ? 1 : stride;
  const bottomPadding = (outRows - 1) * dilation + kernel - rows - padding;
  const groups = groupCount(geometry, block);
  if (columns !== stride * outColumns || bottomPadding < 0 || groups === undefined) return undefined;
  return (context, x, dy) => {
    const images = imagesOfPhases(context, x, geometry, groups, rows, sparseRows ? stride : 1);
    const filters = shiftedFilters(context, dy, geometry, groups);
    const parts = Array.from({ length: kernel }, (_, tap) => {
      const phase = (((tap - padding) % stride) + stride) % stride;
      const shift = (tap - padding - phase) / stride;
      const width = (geometry.batch / groups) * (outColumns / block);
      const options = {
        group: groups,
        kernel_shape: [outRows, width],
        dilations: [dilation, geometry.inputs],
        pads: [padding, 0, bottomPadding, 0],
      };
      const perGroup = context.conv(images(phase), filters(shift), options);
      const length = geometry.outputs * kernel * geometry.inputs;
      return groups === 1 ? context.reshape(perGroup, [1, length]) : context.sumRows(perGroup, groups, length);
    });
    return columnsToFilter(context, parts, geometry);
  };
}

/**
 * How many groups the batch is split into: one per image if a row fills whole blocks and the sums stay small compared
 * to the image; otherwise enough to keep all threads busy. Undefined if no split fills whole blocks.
 */
function groupCount(
  { batch, inputs, outputs, kernel, outRows, outColumns }: Geometry,
  block: number,
): number | undefined {
  if (outColumns % block === 0 && kernel * inputs <= 4 * outRows * outColumns) return batch;
  const filterSets = Math.ceil(outputs / block / 4);
  const wanted = Math.max(Math.ceil((batch * outRows * outColumns) / 1024), Math.ceil(12 / (filterSets * kernel)));
  let found: number | undefined;
  for (let groups = 1; groups <= batch; groups++) {
    const fills = batch % groups === 0 && ((batch / groups) * outColumns) % block === 0;
    if (fills && (found === undefined || groups <= 1.5 * wanted)) found = groups;
  }
  return found;
}

/** X by phase of its columns, [1, groups · b, rows, width · Ci], built on first use. */
function imagesOfPhases(
  context: BlockedContext,
  x: string,
  geometry: Geometry,
  groups: number,
  rows: number,
  rowStep: number,
): (phase: number) => string {
  const { batch, inputs, stride, columns, outColumns } = geometry;
  const { block } = context;
  const perGroup = batch / groups;
  const width = (perGroup * outColumns) / block;
  const inputBlocks = inputs / block;
  const run = stride === 1 ? greatestCommonDivisor(outColumns, block) : 1;
  const runs = columns / run;
  return memoised((phase) => {
    const index: number[] = [];
    for (let row = 0; row < rows; row++) {
      for (let cell = 0; cell < width; cell++) {
        for (let input = 0; input < inputBlocks; input++) {
          for (let within = 0; within < block; within += run) {
            const pixel = cell * block + within;
            const image = Math.floor(pixel / outColumns);
            const column = (stride * (pixel % outColumns) + phase) / run;
            index.push(((image * inputBlocks + input) * geometry.rows + row * rowStep) * runs + column);
          }
        }
      }
    }
    const gathered = context.gatherRows(x, groups, perGroup * inputBlocks * geometry.rows * runs, run * block, index);
    const transposed = context.transposeBlocks(gathered, groups * rows * width * inputBlocks);
    return context.reshape(transposed, [1, groups * block, rows, width * inputs]);
  });
}

/** dY shifted sideways, as the filters [groups · Co, b, rows, width] of each group, built on first use. */
function shiftedFilters(
  context: BlockedContext,
  dy: string,
  { batch, outputs, outRows, outColumns }: Geometry,
  groups: number,
): (shift: number) => string {
  const { block } = context;
  const perGroup = batch / groups;
  const outputBlocks = outputs / block;
  const run = greatestCommonDivisor(outColumns, block);
  const runs = outColumns / run;
  return memoised((shift) => {
    const moved = shift === 0 ? dy : shiftColumns(context, dy, outputs, shift);
    const index: number[] = [];
    for (let output = 0; output < outputBlocks; output++) {
      for (let row = 0; row < outRows; row++) {
        for (let pixel = 0; pixel < perGroup * outColumns; pixel += run) {
          const image = Math.floor(pixel / outColumns);
          index.push(((image * outputBlocks + output) * outRows + row) * runs + (pixel % outColumns) / run);
        }
      }
    }
    const gathered = context.gatherRows(moved, groups, perGroup * outputBlocks * outRows * runs, run * block, index);
    return context.reshape(gathered, [groups * outputs, block, outRows, (perGroup * outColumns) / block]);
  });
}

/** Shifts every row by `shift` columns, filling with zeros: a depthwise convolution with a single 1. */
function shiftColumns(context: BlockedContext, x: string, channels: number, shift: number): string {
  const reach = Math.abs(shift);
  const kernel = [1, 2 * reach + 1];
  const filter = oneTap(context, channels, kernel, reach - shift);
  return context.conv(x, filter, { group: channels, kernel_shape: kernel, pads: [0, reach, 0, reach] });
}

/** A depthwise filter that is 1 at `tap` (row-major) and 0 elsewhere. */
export function oneTap(context: BlockedContext, channels: number, kernel: readonly number[], tap: number): string {
  const { block } = context;
  const taps = kernel.reduce((product, size) => product * size, 1);
  return context.onnx.sharedTensor(`tap ${channels} ${kernel.join()} ${tap}`, [channels, 1, ...kernel], () => {
    const filter = new Float32Array(channels * taps);
    for (let set = 0; set < channels / block; set++)
      filter.fill(1, (set * taps + tap) * block, (set * taps + tap + 1) * block);
    return filter;
  });
}

/** The parts hold one kernel column each, [O/b, kernel row, Ci, b]; the filter layout has columns inside rows. */
function columnsToFilter(
  context: BlockedContext,
  parts: readonly string[],
  { kernel, inputs, outputs }: Geometry,
): string {
  const { block, onnx } = context;
  const inputBlocks = inputs / block;
  const all = parts.length === 1 ? nth(parts, 0) : onnx.node('Concat', parts, { axis: 0 });
  const index: number[] = [];
  for (let output = 0; output < outputs / block; output++) {
    for (let input = 0; input < inputBlocks; input++) {
      for (let row = 0; row < kernel; row++) {
        for (let column = 0; column < kernel; column++) {
          index.push(((column * (outputs / block) + output) * kernel + row) * inputBlocks + input);
        }
      }
    }
  }
  return context.gatherRows(all, 1, index.length, block * block, index);
}

/**
 * The stem: few input channels in the plain layout. The columns of the kernel become channels, with one strided copy of
 * the image for each.
 */
function stemPlan(geometry: Geometry, block: number): Plan | undefined {
  const { batch, inputs, outputs, kernel, stride, padding, rows, columns, outRows, outColumns } = geometry;
  const bottomPadding = (outRows - 1) * stride + kernel - rows - padding;
  if (outColumns % block !== 0 || bottomPadding < 0) return undefined;
  return (context, x, dy) => {
    const { onnx } = context;
    const rightPadding = Math.max(0, (outColumns - 1) * stride + kernel - columns - padding);
    const padded = onnx.node('Pad', [x, onnx.integers([0, 0, 0, padding, 0, 0, 0, rightPadding])]);
    const copies = Array.from({ length: kernel }, (_, tap) => {
      const ends = [tap + (outColumns - 1) * stride + 1];
      return onnx.slice(padded, { starts: [tap], ends, axes: [3], steps: [stride] });
    });
    const channels = kernel * inputs;
    const width = outColumns / block;
    const index: number[] = [];
    for (let row = 0; row < rows; row++) {
      for (let cell = 0; cell < width; cell++) {
        for (let channel = 0; channel < channels; channel++) index.push((channel * rows + row) * width + cell);
      }
    }
    const stacked = onnx.node('Concat', copies, { axis: 1 });
    const gathered = context.gatherRows(stacked, batch, channels * rows * width, block, index);
    const image = context.reshape(gathered, [1, batch * block, rows, width * channels]);
    const filter = context.reshape(dy, [batch * outputs, block, outRows, width]);
    const perImage = context.conv(image, filter, {
      group: batch,
      kernel_shape: [outRows, width],
      dilations: [stride, channels],
      pads: [padding, 0, bottomPadding, 0],
    });
    return stemToFilter(context, context.sumRows(perImage, batch, outputs * kernel * channels), geometry);
  };
}

function stemToFilter(context: BlockedContext, sums: string, { inputs, outputs, kernel }: Geometry): string {
  const { block } = context;
  const index: number[] = [];
  for (let output = 0; output < outputs / block; output++) {
    for (let input = 0; input < inputs; input++) {
      for (let row = 0; row < kernel; row++) {
        for (let column = 0; column < kernel; column++) {
          index.push(((output * kernel + row) * kernel + column) * inputs + input);
        }
      }
    }
  }
  return context.gatherRows(sums, 1, index.length, block, index);
}

function memoised(make: (key: number) => string): (key: number) => string {
  const made = new Map<number, string>();
  return (key) => {
    const known = made.get(key) ?? make(key);
    made.set(key, known);
    return known;
  };
}

function greatestCommonDivisor(a: number, b: number): number {
  return b === 0 ? a : greatestCommonDivisor(b, a % b);
}
