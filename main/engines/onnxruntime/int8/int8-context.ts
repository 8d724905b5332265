/**
 * Lowers an inference program to 8-bit integers for the CPU provider: activations are unsigned with a scale and zero
 * point each, weights signed with a scale per output channel, written as pairs of QuantizeLinear and DequantizeLinear
 * (QDQ) that the runtime fuses. Jacob et al. 2018, Quantization and Training of Neural Networks for Efficient
 * Integer-Arithmetic-Only Inference.
 */
import { at } from '../../../at.ts';
import type { Program, Value } from '../../../graph/program.ts';
import type { Tensors } from '../../engine.ts';
import { type ActivationRanges, type Int8Plan, int8Plan } from '../../int8-plan.ts';
import { LoweringContext } from '../lowering.ts';

/** How an activation is stored: real = scale · (integer − zero). */
interface Quantised {
  readonly scale: number;
  readonly zero: number;
}

export class Int8Context extends LoweringContext {
  readonly plan: Int8Plan;
  readonly #ranges: ActivationRanges;
  readonly #constants = new Map<number, Float32Array>();

  constructor(program: Program, constants: Tensors, ranges: ActivationRanges) {
    super();
    this.plan = int8Plan(program);
    this.#ranges = ranges;
    const { length } = this.plan.places;
    if (ranges.least.length !== length || ranges.most.length !== length)
      throw new Error(`${ranges.least.length} ranges for ${length} places of a program`);
    for (const { name, value } of program.state) {
      const data = constants.get(name);
      if (data instanceof Float32Array) this.#constants.set(value.id, data);
    }
  }

  constant(value: Value): Float32Array {
    const data = this.#constants.get(value.id);
    if (!data) throw new Error(`value ${value.id} is not a constant of the program`);
    return data;
  }

  quantised(value: Value): Quantised {
    const place = this.plan.placeOf.get(value.id);
    if (place === undefined) throw new Error(`value ${value.id} is not kept in eight bits`);
    // Zero must be exact: images are padded with it, and a ReLU clips at it.
    const least = Math.min(0, at(this.#ranges.least, place));
    const most = Math.max(0, at(this.#ranges.most, place));
    const scale = Math.fround((most - least) / 255) || 1;
    return { scale, zero: Math.round(-least / scale) };
  }

  override bind(value: Value, name: string): void {
    if (!this.plan.placeOf.has(value.id)) {
      super.bind(value, name);
      return;
    }
    const { scale, zero } = this.quantised(value);
    const { onnx } = this;
    const by = [onnx.scalar(scale), onnx.byte(zero)];
    super.bind(value, onnx.node('DequantizeLinear', [onnx.node('QuantizeLinear', [name, ...by]), ...by]));
  }
}
