/** Who writes the partitions of a labelling: this process, one a device at once, or a fleet of machines. */
import { createHash } from 'node:crypto';
import { readDescription } from '../catalogue/project-description.ts';
import { openFleet } from '../jobs/fleet.ts';
import type { TaskRunner } from '../jobs/task-runner.ts';
import type { ComputeTarget } from '../training/train-request.ts';
import { removeOrder, writeOrder } from './fleet-order.ts';
import {
  type LabelOrder,
  type LabelPlace,
  labelPartition,
  type PartitionImages,
  type PartitionOutcome,
} from './label-partition.ts';
import { programName } from './versions.ts';
import type { Workspace } from './workspace.ts';

export type PartitionRunner = TaskRunner<PartitionImages, PartitionOutcome>;

/** A partition on each of the devices at once. */
export function onDevices(place: LabelPlace, order: LabelOrder, targets: readonly ComputeTarget[]): PartitionRunner {
  const free = [...targets];
  return {
    form: 'thread',
    lanes: targets.length,
    async run(images, { signal, progress }) {
      const target = free.shift();
      if (!target) throw new Error(`more than ${targets.length} partitions at once`);
      try {
        return await labelPartition(place, order, images, { target, signal, progress });
      } finally {
        free.push(target);
      }
    },
    async close() {},
  };
}

/** Where a worker finds a partition; as plain data. */
export interface FleetPartition {
  /** As the one who ordered it sees it. */
  readonly directory: string;
  readonly projectId: string | null;
  readonly runId: string;
  readonly partition: number;
}

/** What was ordered lies in the run's folder until it is closed. Throws `FleetUnreachable`. */
export async function onFleet(
  { project, recipe, tell }: Workspace,
  fleet: URL,
  order: LabelOrder,
  imageIds: Int32Array,
): Promise<PartitionRunner> {
  const { runId } = order;
  const { directory } = project;
  const runDirectory = project.path('runs', runId);
  const { id: projectId } = await readDescription(directory);
  const runner = await openFleet(fleet, (message) => tell({ kind: 'noted', message }));
  const { threads } = recipe.engine;
  const whole = { ...order, projectId, program: programName(), threads, images: imageIds.length };
  await writeOrder(runDirectory, whole, imageIds);
  const written = recently(500, async () => new Set(await project.scores.partitions(runId)));
  const here = createHash('sha256').update(directory).digest('hex').slice(0, 8);
  return {
    form: 'fleet',
    lanes: runner.lanes,
    async run({ partition, imageIds: own }, options) {
      const startedMs = performance.now();
      const data: FleetPartition = { directory, projectId: projectId ?? null, runId, partition };
      const isDone = async () => (await written()).has(partition) && (await project.scores.isSound(runId, partition));
      await runner.run({ id: `${runId}-${partition}-${here}`, data: { ...data }, isDone }, options);
      return { images: own.length, seconds: (performance.now() - startedMs) / 1000 };
    },
    async close() {
      await runner.close();
      await removeOrder(runDirectory);
    },
  };
}

/** Asks no more often than this. */
function recently<T>(ms: number, ask: () => Promise<T>): () => Promise<T> {
  let last: { readonly atMs: number; readonly answer: Promise<T> } | undefined;
  return async () => {
    const atMs = performance.now();
    if (!last || atMs - last.atMs > ms) last = { atMs, answer: ask() };
    return await last.answer;
  };
}
