/** Layers shared by networks of several families, addressed by the names of their tensors. */
import type { GraphBuilder } from '../graph/graph-builder.ts';
import { nth } from '../graph/op-definition.ts';
import { broadcastAdd } from '../graph/ops/broadcast-add.ts';
import { conv } from '../graph/ops/conv.ts';
import { dropout } from '../graph/ops/dropout.ts';
import { gelu } from '../graph/ops/gelu.ts';
import { layerNorm } from '../graph/ops/layer-norm.ts';
import { linear } from '../graph/ops/linear.ts';
import { multiply } from '../graph/ops/multiply.ts';
import { reshape } from '../graph/ops/reshape.ts';
import { transpose } from '../graph/ops/transpose.ts';
import { dimension, elementCount, type Shape, type Value } from '../graph/program.ts';
import type { NetworkOptions } from './architecture.ts';

/** Operates on rows of channels, [..., channels]. */
export class Layers {
  readonly graph: GraphBuilder;
  readonly #shapes: ReadonlyMap<string, Shape>;
  readonly #epsilon: number;

  /** @param epsilon of the layer norms */
  constructor(graph: GraphBuilder, shapes: ReadonlyMap<string, Shape>, epsilon: number) {
    this.graph = graph;
    this.#shapes = shapes;
    this.#epsilon = epsilon;
  }

  parameter(name: string): Value {
    return this.graph.state(name, nth([this.#shapes.get(name)], 0));
  }

  /** The same numbers as a vector, whatever axes of length one the file adds. */
  vector(name: string): Value {
    const parameter = this.parameter(name);
    return this.reshape(parameter, [elementCount(parameter.shape)]);
  }

  reshape(x: Value, shape: Shape): Value {
    return this.graph.applyOne(reshape, [x], { shape });
  }

  transpose(x: Value, ...order: number[]): Value {
    return this.graph.applyOne(transpose, [x], { order });
  }

  layerNorm(name: string, x: Value): Value {
    const vectors = [this.parameter(`${name}.weight`), this.parameter(`${name}.bias`)];
    return this.graph.applyOne(layerNorm, [x, ...vectors], { epsilon: this.#epsilon });
  }

  gelu(x: Value): Value {
    return this.graph.applyOne(gelu, [x], {});
  }

  /** [..., in] → [..., out]. */
  linear(name: string, x: Value): Value {
    const [weight, bias] = [this.parameter(`${name}.weight`), this.parameter(`${name}.bias`)];
    return this.linearBy(weight, bias, x);
  }

  linearBy(weight: Value, bias: Value, x: Value): Value {
    const rows = elementCount(x.shape.slice(0, -1));
    const inputs = dimension(weight.shape, 1);
    const y = this.graph.applyOne(linear, [this.reshape(x, [rows, inputs]), weight, bias], {});
    return this.reshape(y, [...x.shape.slice(0, -1), dimension(weight.shape, 0)]);
  }

  add(x: Value, y: Value): Value {
    return this.graph.applyOne(broadcastAdd, [x, y], {});
  }

  /** A gain per channel (Touvron et al., 2021). */
  scale(name: string, x: Value): Value {
    return this.graph.applyOne(multiply, [x, this.vector(name)], {});
  }

  /** [N, C, H, W] → [N, H', W', out]: a convolution with a bias, its channels last. */
  convToRows(name: string, x: Value, { stride, padding, groups }: ConvShape): Value {
    const pair = (value: number) => [value, value];
    const attributes = { strides: pair(stride), padding: pair(padding), dilations: pair(1), groups };
    const y = this.graph.applyOne(conv, [x, this.parameter(`${name}.weight`)], attributes);
    return this.add(this.transpose(y, 0, 2, 3, 1), this.parameter(`${name}.bias`));
  }

  dropout(x: Value, options: NetworkOptions['dropout']): Value {
    if (!options) return x;
    return this.graph.applyOne(dropout, [x, options.noise], { rate: options.rate });
  }
}

interface ConvShape {
  readonly stride: number;
  readonly padding: number;
  readonly groups: number;
}
