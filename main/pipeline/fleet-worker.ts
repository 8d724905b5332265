/** A worker of a fleet: computes partitions of labellings for projects in a shared folder, without their catalogues. */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import { readDescription } from '../catalogue/project-description.ts';
import { projectFolder } from '../catalogue/project-file.ts';
import { type OpenScores, openScores } from '../catalogue/scores-alone.ts';
import { traitsOf } from '../engines/engines.ts';
import { WorkerUnfit } from '../jobs/fleet.ts';
import type { RunnerOptions } from '../jobs/task-runner.ts';
import type { ComputeTarget } from '../training/train-request.ts';
import { orderedFiles, orderedImages, readOrder } from './fleet-order.ts';
import { labelPartition } from './label-partition.ts';
import { programName } from './versions.ts';

const partitionSchema = z.object({
  directory: z.string(),
  projectId: z.string().nullable(),
  runId: z.string(),
  partition: z.int().min(0),
});

export interface WorkerOptions {
  /** Each computes one partition at a time. */
  readonly devices: readonly ComputeTarget['device'][];
  /** The project's folder on this machine, if it differs from the path on the ordering machine. */
  readonly project?: string | undefined;
  wrote(written: {
    readonly directory: string;
    readonly runId: string;
    readonly partition: number;
    readonly images: number;
    readonly seconds: number;
  }): void;
}

export class FleetLabeller {
  readonly #options: WorkerOptions;
  readonly #free: ComputeTarget['device'][];
  readonly #scores = new Map<string, Promise<OpenScores>>();

  constructor(options: WorkerOptions) {
    this.#options = options;
    this.#free = [...options.devices];
  }

  /** Throws `WorkerUnfit` if this machine cannot do it. */
  async work(data: unknown, { signal, progress }: RunnerOptions): Promise<void> {
    const { directory: elsewhere, projectId, runId, partition } = partitionSchema.parse(data);
    const directory = await this.#directoryOf(elsewhere, projectId);
    const runDirectory = join(directory, 'runs', runId);
    const order = await readOrder(runDirectory, runId);
    if (!order) return;
    if (order.program !== programName()) {
      throw new WorkerUnfit(
        `The labelling was ordered by another version (${order.program}; this is ${programName()}): install the same one on every machine.`,
      );
    }
    const imageIds = await orderedImages(runDirectory, order, partition);
    if (!imageIds) return;
    const open = await this.#scoresIn(directory);
    const { scores } = open;
    const files = await orderedFiles(runDirectory, order, imageIds, open);
    if (!files) return;
    const place = { scores, path: (...parts: string[]) => join(directory, ...parts) };
    const device = this.#free.shift();
    if (!device) throw new Error('more partitions at once than devices');
    try {
      if (order.int8 && !traitsOf(device).int8) {
        throw new WorkerUnfit(
          `The labelling was ordered with int8, which is for processors: start this worker with --device cpu.`,
        );
      }
      const { threads, precision } = order;
      if (precision && !traitsOf(device).precisions.includes(precision)) {
        throw new WorkerUnfit(
          'The labelling was ordered in bf16: start this worker with --device cuda, an NVIDIA card since 2020.',
        );
      }
      const target = { device, threads: threads ?? undefined, precision };
      const done = await labelPartition(place, order, { partition, imageIds, files }, { target, signal, progress });
      if (done.images > 0) this.#options.wrote({ directory, runId, partition, ...done });
    } finally {
      this.#free.push(device);
    }
  }

  async close(): Promise<void> {
    for (const open of this.#scores.values()) (await open).close();
    this.#scores.clear();
  }

  async #directoryOf(elsewhere: string, projectId: string | null): Promise<string> {
    const named = this.#options.project === undefined ? undefined : projectFolder(this.#options.project);
    if (named !== undefined && (await idOf(named)) === projectId) return named;
    if (existsSync(join(elsewhere, 'understudy.json')) && (await idOf(elsewhere)) === projectId) return elsewhere;
    throw new WorkerUnfit(
      `The project ${elsewhere} is not found on this machine: mount its folder at the same place, or say with --project where it is here.`,
    );
  }

  async #scoresIn(directory: string): Promise<OpenScores> {
    const known = this.#scores.get(directory) ?? openScores(directory);
    this.#scores.set(directory, known);
    return await known;
  }
}

async function idOf(directory: string): Promise<string | null> {
  return (await readDescription(directory)).id ?? null;
}
