/**
 * The state of a training on disk: everything that the next step depends on, written atomically. The metrics file is cut
 * back to the length that it had at the checkpoint, so that an interrupted training leaves the same metrics as one that
 * was never stopped.
 */
import { closeSync, existsSync, fsyncSync, ftruncateSync, openSync, rmSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import type { Shape } from '../graph/program.ts';
import { readSafetensors, writeSafetensors } from '../models/safetensors.ts';
import type { TrainingPoint } from './train-request.ts';

export interface ResumePoint {
  readonly step: number;
  /** The step of the curve's last point: sums go on from there. */
  readonly lastPoint: number;
  /** In how many runs each batch was computed. */
  readonly parts: number;
  readonly metricsBytes: number;
  readonly state: ReadonlyMap<string, Float32Array>;
}

export class TrainingLog {
  readonly #directory: string;
  readonly #metrics: number;
  #metricsBytes: number;

  constructor(directory: string, resume: ResumePoint | undefined) {
    this.#directory = directory;
    this.#metricsBytes = resume?.metricsBytes ?? 0;
    const path = join(directory, 'metrics.jsonl');
    this.#metrics = openSync(path, existsSync(path) ? 'r+' : 'w');
    ftruncateSync(this.#metrics, this.#metricsBytes);
  }

  append(point: TrainingPoint): void {
    this.#metricsBytes += writeSync(this.#metrics, `${JSON.stringify(point)}\n`, this.#metricsBytes);
  }

  async checkpoint(
    { step, lastPoint, parts, state }: Omit<ResumePoint, 'metricsBytes'>,
    shapes: ReadonlyMap<string, Shape>,
  ) {
    fsyncSync(this.#metrics);
    const tensors = new Map(
      [...state].map(([name, data]) => [name, { shape: shapes.get(name) ?? [data.length], data }]),
    );
    const numbers = { step, lastPoint, parts, metricsBytes: this.#metricsBytes };
    const metadata = Object.fromEntries(Object.entries(numbers).map(([name, number]) => [name, String(number)]));
    await writeSafetensors(checkpointPath(this.#directory), tensors, metadata);
  }

  /** The training is over and its model is saved: the checkpoint has done its duty. */
  finish(): void {
    fsyncSync(this.#metrics);
    rmSync(checkpointPath(this.#directory), { force: true });
  }

  close(): void {
    closeSync(this.#metrics);
  }
}

/** The last checkpoint in `directory`, or undefined when there is none. */
export async function readCheckpoint(directory: string): Promise<ResumePoint | undefined> {
  const path = checkpointPath(directory);
  if (!existsSync(path)) return undefined;
  const { tensors, metadata } = await readSafetensors(path);
  const state = new Map([...tensors].map(([name, { data }]) => [name, data as Float32Array]));
  const number = (name: string) => Number(metadata.get(name));
  // The first release wrote no parts, and checkpoints at points alone.
  const parts = metadata.has('parts') ? number('parts') : 1;
  const lastPoint = number(metadata.has('lastPoint') ? 'lastPoint' : 'step');
  return { step: number('step'), lastPoint, parts, metricsBytes: number('metricsBytes'), state };
}

function checkpointPath(directory: string): string {
  return join(directory, 'checkpoint.safetensors');
}
