/**
 * Finds TensorFlow where the user has installed it: no package of ours contains it. Looks in the folder that
 * UNDERSTUDY_TENSORFLOW names, then beside the program; prefers the GPU edition.
 */
import { createRequire } from 'node:module';
import { join, resolve } from 'node:path';
import util from 'node:util';
import { messageOf } from '../../failure.ts';
import { DeviceAbsent } from '../device-failures.ts';
import type { TensorFlow } from './lowering.ts';

const PACKAGES = ['@tensorflow/tfjs-node-gpu', '@tensorflow/tfjs-node'] as const;

/** Functions of `util` that tfjs-node 4.22, the last release, calls, and that Node 23 has removed. */
const DROPPED = {
  isArray: Array.isArray,
  isNullOrUndefined: (value: unknown) => value === null || value === undefined,
};

export interface FoundTensorFlow {
  readonly name: (typeof PACKAGES)[number];
  readonly version: string;
  readonly require: NodeJS.Require;
}

/** Undefined if there is none; loads nothing. */
export function findTensorFlow(): FoundTensorFlow | undefined {
  const folder = process.env.UNDERSTUDY_TENSORFLOW;
  for (const place of [...(folder ? [join(resolve(folder), 'package.json')] : []), import.meta.url]) {
    const require = createRequire(place);
    for (const name of PACKAGES) {
      try {
        const { version } = require(`${name}/package.json`) as { version: string };
        return { name, version, require };
      } catch {}
    }
  }
  return undefined;
}

/** Throws `DeviceAbsent` if there is none, or if it does not start. */
export function loadTensorFlow(): TensorFlow {
  const found = findTensorFlow();
  if (!found) throw new DeviceAbsent(TENSORFLOW_ABSENT);
  for (const [name, replacement] of Object.entries(DROPPED)) {
    if (!(name in util)) Object.assign(util, { [name]: replacement });
  }
  try {
    return found.require(found.name) as TensorFlow;
  } catch (error) {
    throw new DeviceAbsent(
      `${found.name} ${found.version} is installed but does not start (${messageOf(error).split('\n')[0]}): choose another device, or reinstall it so that its native library is fetched.`,
      { cause: error },
    );
  }
}

export const TENSORFLOW_ABSENT =
  'TensorFlow is not installed, which is fine: to use it, run “npm install @tensorflow/tfjs-node-gpu” in a folder of its own and name that folder in the environment variable UNDERSTUDY_TENSORFLOW.';
