/**
 * Initial weights by torchvision's rule: He et al. (2015), normal by fan-out for convolutions, uniform for the
 * classifier.
 */
import { elementCount, type Shape } from '../../graph/program.ts';
import { CounterRandom } from '../../random.ts';
import { parameterShapes, type ResidualConfig } from './residual-config.ts';

/** All tensors of the model, the same for the same seed. */
export function initialResidual(config: ResidualConfig, seed: number): Map<string, Float32Array> {
  return initialConvolutional(parameterShapes(config), config.classes, seed);
}

/** For any network of convolutions, batch norms and the classifier `fc`. */
export function initialConvolutional(
  shapes: ReadonlyMap<string, Shape>,
  classes: number,
  seed: number,
): Map<string, Float32Array> {
  const state = new Map<string, Float32Array>();
  let index = 0;
  for (const [name, shape] of shapes) {
    state.set(name, initialTensor(name, shape, new CounterRandom(seed, index++)));
  }
  const features = state.get('fc.weight')?.length ?? 0;
  const bound = 1 / Math.sqrt(features / classes);
  state.get('fc.bias')?.forEach((_, place, bias) => {
    bias[place] = new CounterRandom(seed, index, place).uniform() * 2 * bound - bound;
  });
  return state;
}

function initialTensor(name: string, shape: Shape, random: CounterRandom): Float32Array {
  const tensor = new Float32Array(elementCount(shape));
  const [outputs = 1, inputs = 1, ...kernel] = shape;
  if (kernel.length > 0) {
    const deviation = Math.sqrt(2 / (outputs * elementCount(kernel)));
    for (let i = 0; i < tensor.length; i++) tensor[i] = deviation * random.normal();
  } else if (name === 'fc.weight') {
    const bound = 1 / Math.sqrt(inputs);
    for (let i = 0; i < tensor.length; i++) tensor[i] = bound * (2 * random.uniform() - 1);
  } else if (name.endsWith('.weight') || name.endsWith('.running_var')) {
    tensor.fill(1);
  }
  return tensor;
}
