/**
 * Initial weights by the authors' rule: normal with deviation 0.02, biases of zero, and blocks that contribute very
 * little at first.
 */
import { elementCount } from '../../graph/program.ts';
import { CounterRandom } from '../../random.ts';
import { type ConvNextConfig, convNextShapes } from './convnext-config.ts';

const DEVIATION = 0.02;
const LAYER_SCALE = 1e-6;

/** All tensors of the model, the same for the same seed. */
export function initialConvNext(config: ConvNextConfig, seed: number): Map<string, Float32Array> {
  const state = new Map<string, Float32Array>();
  let index = 0;
  for (const [name, shape] of convNextShapes(config)) {
    const random = new CounterRandom(seed, index++);
    const tensor = new Float32Array(elementCount(shape));
    if (name.endsWith('.layer_scale')) tensor.fill(LAYER_SCALE);
    else if (shape.length > 1) for (let i = 0; i < tensor.length; i++) tensor[i] = DEVIATION * random.normal();
    // A vector of weights belongs to a layer norm.
    else if (name.endsWith('.weight')) tensor.fill(1);
    state.set(name, tensor);
  }
  return state;
}
