/** A program as an ONNX model for other programs: standard operators, weights inside, names for people, and a description. */
import type { Program } from '../../graph/program.ts';
import type { Tensors } from '../engine.ts';
import { LoweringContext, lowerProgram } from './lowering.ts';
import { plainLowerings } from './plain/plain-lowerings.ts';

class NamedContext extends LoweringContext {
  override inputName(name: string): string {
    return name;
  }

  override outputName(name: string, made: string): string {
    return this.onnx.named(name, made);
  }
}

export function portableModel(
  program: Program,
  weights: Tensors,
  description: Readonly<Record<string, string>>,
): Uint8Array {
  const context = new NamedContext();
  for (const [key, value] of Object.entries(description)) context.onnx.describe(key, value);
  return lowerProgram(program, context, plainLowerings, weights).model;
}
