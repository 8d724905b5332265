import { expect, it } from 'vitest';
import { CPU, type Device } from '../../../main/engines/device.ts';
import { PrecisionUnfit, precisionParameters, targetOn } from '../../../main/pipeline/compute-precision.ts';
import { evaluateInputs } from '../../../main/pipeline/evaluate-stage.ts';
import { labelInputs } from '../../../main/pipeline/label-stage.ts';
import { recipeSchema } from '../../../main/pipeline/recipe-schema.ts';
import type { ResolvedRecipe } from '../../../main/pipeline/resolve-recipe.ts';
import { stageRun } from '../../../main/pipeline/stage.ts';

const CARD: Device = { engine: 'cuda', provider: 'driver', index: 1 };
const DIGESTS = { digests: { unlabelled: 'u', labelled: 'l', heldOut: 'h' } };

function namesWith(precision: 'auto' | 'fp32' | 'bf16' | undefined): string[] {
  const recipe = recipeSchema.parse({ engine: precision === undefined ? {} : { precision } });
  // The names of these two use nothing of a recipe that the collection decides.
  const resolved = { ...recipe, label: { ...recipe.label, topP: 5 } } as unknown as ResolvedRecipe;
  const digests = DIGESTS as Parameters<typeof labelInputs>[1];
  const parent = { id: 'teacher-1', key: 'k' };
  const inputs = [labelInputs(resolved, digests, parent), evaluateInputs(resolved, digests, [['teacher', parent]])];
  return inputs.map((one) => stageRun(one).id);
}

it('is part of the names of runs only if it is not float32', () => {
  const before = namesWith(undefined);
  expect(namesWith('auto')).toEqual(before);
  expect(namesWith('fp32')).toEqual(before);
  const half = namesWith('bf16');
  for (const [index, name] of half.entries()) expect(name).not.toBe(before[index]);
  expect(precisionParameters({})).toEqual({});
});

it('computes in bf16 on a device that has it, and says of others what to do', () => {
  expect(targetOn(CARD, { threads: null, precision: 'bf16' })).toEqual({
    ...{ device: CARD, threads: undefined, precision: 'bf16' },
  });
  expect(targetOn(CPU, { threads: 2, precision: 'auto' })).toEqual({ device: CPU, threads: 2 });
  expect(() => targetOn(CPU, { threads: 2, precision: 'bf16' })).toThrow(PrecisionUnfit);
  expect(() => targetOn(CPU, { threads: 2, precision: 'bf16' })).toThrow(
    'The device cpu only computes in float32: use one that has bf16 (engine.device=cuda, an NVIDIA card since 2020), or leave out engine.precision=bf16.',
  );
});
