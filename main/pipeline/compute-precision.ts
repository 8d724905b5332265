/**
 * The precision in which a run's networks are computed: float32 unless the recipe says bf16, which then becomes part of
 * the runs' names, because another machine must not reuse results computed otherwise. `auto` means float32 until
 * bfloat16 is shown, on a card, to learn as well: a run must be named before the device that computes it is known.
 */
import { type Device, deviceName } from '../engines/device.ts';
import { traitsOf } from '../engines/engines.ts';
import { ExpectedFailure } from '../failure.ts';
import type { ComputeTarget } from '../training/train-request.ts';
import type { Recipe } from './recipe-schema.ts';

/** A device does not support the precision that the recipe asks for. */
export class PrecisionUnfit extends ExpectedFailure {}

type Engine = Pick<Recipe, 'engine'>['engine'];

/** Undefined for float32. */
export function halfPrecision({ precision }: Pick<Engine, 'precision'>): 'bf16' | undefined {
  return precision === 'bf16' ? precision : undefined;
}

/** The part of it that enters a run's name. */
export function precisionParameters(engine: Pick<Engine, 'precision'>): { readonly precision?: 'bf16' } {
  const precision = halfPrecision(engine);
  return precision ? { precision } : {};
}

/** Where and how the recipe's networks are computed. Throws `PrecisionUnfit`. */
export function targetOn(device: Device, engine: Pick<Engine, 'precision' | 'threads'>): ComputeTarget {
  const precision = halfPrecision(engine);
  if (precision && !traitsOf(device).precisions.includes(precision)) throw new PrecisionUnfit(unfitMessage(device));
  return { device, threads: engine.threads ?? undefined, ...(precision && { precision }) };
}

function unfitMessage(device: Device): string {
  return `The device ${deviceName(device)} only computes in float32: use one that has bf16 (engine.device=cuda, an NVIDIA card since 2020), or leave out engine.precision=bf16.`;
}
