/**
 * The tensor that the caller provides for one of a program's inputs or states; throws if it is missing or has another
 * size.
 */
import { elementCount, type Value } from '../graph/program.ts';
import type { TensorData, Tensors } from './engine.ts';

export function givenTensor(given: Tensors, role: 'input' | 'state', name: string, { shape }: Value): TensorData {
  const data = given.get(name);
  if (data?.length !== elementCount(shape)) {
    throw new Error(`the ${role} ${name} needs ${elementCount(shape)} elements, not ${data?.length ?? 'none'}`);
  }
  return data;
}
