/**
 * A vision transformer as operations of a graph: patches become tokens, each block applies attention between them and
 * then a perceptron to each, and the class token is classified. Layer norms have ε = 1e-6 and precede what they feed.
 */
import type { GraphBuilder } from '../../graph/graph-builder.ts';
import { nth } from '../../graph/op-definition.ts';
import { add } from '../../graph/ops/add.ts';
import { constant } from '../../graph/ops/constant.ts';
import { concat, pad, split } from '../../graph/ops/joining.ts';
import { matMul } from '../../graph/ops/mat-mul.ts';
import { multiply } from '../../graph/ops/multiply.ts';
import { softmax } from '../../graph/ops/softmax.ts';
import type { Value } from '../../graph/program.ts';
import { dimension } from '../../graph/program.ts';
import type { Network, NetworkOptions } from '../architecture.ts';
import { Layers } from '../layers.ts';
import { branchKeeper } from '../stochastic-depth.ts';
import { prefixTokens, type VitConfig, vitShapes } from './vit-config.ts';

const EPSILON = 1e-6;

/** Adds the network to `graph`; `images` is [batch, 3, size, size], normalised, where size is `gridSide` · `patchPx`. */
export function vitNetwork(graph: GraphBuilder, config: VitConfig, images: Value, options: NetworkOptions): Network {
  const layers = new Layers(graph, vitShapes(config), EPSILON);
  let x = tokens(layers, config, images);
  const kept = branchKeeper(graph, options.stochasticDepth);
  for (let index = 0; index < config.depth; index++) x = block(layers, config, `blocks.${index}`, x, kept);
  const [batch, count] = [dimension(x.shape, 0), dimension(x.shape, 1)];
  const [classToken] = graph.apply(split, [x], { axis: 1, sizes: [1, count - 1] });
  const features = layers.layerNorm('norm', layers.reshape(nth([classToken], 0), [batch, config.width]));
  return { logits: layers.linear('head', layers.dropout(features, options.dropout)), features };
}

/** [N, tokens, width]: the patches, after room for the prefix tokens, with positions added to all. */
function tokens(layers: Layers, config: VitConfig, images: Value): Value {
  const { graph } = layers;
  const { patchPx, gridSide, width } = config;
  const grid = layers.convToRows('patch_embed.proj', images, { stride: patchPx, padding: 0, groups: 1 });
  const patches = layers.reshape(grid, [dimension(images.shape, 0), gridSide ** 2, width]);
  const roomed = graph.applyOne(pad, [patches], { axis: 1, before: prefixTokens(config), after: 0 });
  return layers.add(roomed, whatIsAdded(layers, config));
}

/** [tokens, width]: the class token, the registers, and a position for each patch. */
function whatIsAdded(layers: Layers, { registers, classPosition, gridSide, width }: VitConfig): Value {
  const { graph } = layers;
  const rows = (name: string, count: number) => layers.reshape(layers.parameter(name), [count, width]);
  const classToken = rows('cls_token', 1);
  const positions = rows('pos_embed', gridSide ** 2 + Number(classPosition));
  const more = registers > 0 ? [rows('reg_token', registers)] : [];
  if (!classPosition) return graph.applyOne(concat, [classToken, ...more, positions], { axis: 0 });
  const [ofClass, ofPatches] = graph.apply(split, [positions], { axis: 0, sizes: [1, gridSide ** 2] });
  const first = graph.applyOne(add, [classToken, nth([ofClass], 0)], {});
  return graph.applyOne(concat, [first, ...more, nth([ofPatches], 0)], { axis: 0 });
}

function block(layers: Layers, config: VitConfig, name: string, x: Value, kept: (branch: Value) => Value): Value {
  const { graph } = layers;
  const scaled = (scale: string, y: Value) => (config.layerScale ? layers.scale(`${name}.${scale}.gamma`, y) : y);
  const attended = attention(layers, config, `${name}.attn`, layers.layerNorm(`${name}.norm1`, x));
  const y = graph.applyOne(add, [x, kept(scaled('ls1', attended))], {});
  const inner = layers.gelu(layers.linear(`${name}.mlp.fc1`, layers.layerNorm(`${name}.norm2`, y)));
  return graph.applyOne(add, [y, kept(scaled('ls2', layers.linear(`${name}.mlp.fc2`, inner)))], {});
}

/** softmax(q · kᵀ / √d) · v in each head (Vaswani et al., 2017). */
function attention(layers: Layers, { width, heads }: VitConfig, name: string, x: Value): Value {
  const { graph } = layers;
  const [batch, count] = [dimension(x.shape, 0), dimension(x.shape, 1)];
  const inHead = width / heads;
  const parts = graph.apply(split, [layers.linear(`${name}.qkv`, x)], { axis: 2, sizes: [width, width, width] });
  const [q, k, v] = [0, 1, 2].map((part) => layers.reshape(nth(parts, part), [batch, count, heads, inHead]));
  const product = (a: Value, b: Value) => graph.applyOne(matMul, [a, b], { transposeA: false, transposeB: false });
  const share = graph.applyOne(constant, [], { shape: [], value: 1 / Math.sqrt(inHead) });
  const queries = graph.applyOne(multiply, [layers.transpose(nth([q], 0), 0, 2, 1, 3), share], {});
  const scores = product(queries, layers.transpose(nth([k], 0), 0, 2, 3, 1));
  const looked = product(graph.applyOne(softmax, [scores], {}), layers.transpose(nth([v], 0), 0, 2, 1, 3));
  return layers.linear(`${name}.proj`, layers.reshape(layers.transpose(looked, 0, 2, 1, 3), [batch, count, width]));
}
