/**
 * Initial weights by timm's rule: normal with deviation 0.02, biases of zero; the projection of the patches preserves
 * their variance.
 */
import { elementCount, type Shape } from '../../graph/program.ts';
import { CounterRandom } from '../../random.ts';
import { type VitConfig, vitShapes } from './vit-config.ts';

const DEVIATION = 0.02;
const CLASS_DEVIATION = 1e-6;
const LAYER_SCALE = 1e-5;

/** All tensors of the model, the same for the same seed. */
export function initialVit(config: VitConfig, seed: number): Map<string, Float32Array> {
  const state = new Map<string, Float32Array>();
  let index = 0;
  for (const [name, shape] of vitShapes(config)) {
    const random = new CounterRandom(seed, index++);
    const tensor = new Float32Array(elementCount(shape));
    const deviation = deviationOf(name, shape);
    if (deviation > 0) for (let i = 0; i < tensor.length; i++) tensor[i] = deviation * random.normal();
    else if (name.endsWith('.gamma')) tensor.fill(LAYER_SCALE);
    // A vector of weights belongs to a layer norm.
    else if (name.endsWith('.weight')) tensor.fill(1);
    state.set(name, tensor);
  }
  return state;
}

function deviationOf(name: string, shape: Shape): number {
  if (name === 'patch_embed.proj.weight') return 1 / Math.sqrt(elementCount(shape.slice(1)));
  if (name === 'cls_token' || name === 'reg_token') return CLASS_DEVIATION;
  return shape.length > 1 ? DEVIATION : 0;
}
