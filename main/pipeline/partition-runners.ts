/**
 * Who computes the partitions of a labelling: this process, on one or several devices at once, or a fleet of machines.
 */
import { createHash } from 'node:crypto';
import { writeImageList } from '../catalogue/images/image-list.ts';
import { readDescription } from '../catalogue/project-description.ts';
import { ExpectedFailure } from '../failure.ts';
import { openFleet } from '../jobs/fleet.ts';
import { TaskProcess, TaskProcessEnded } from '../jobs/task-process.ts';
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
import { computeSteadily } from './steady-compute.ts';
import { programName } from './versions.ts';
import type { Workspace } from './workspace.ts';

export type PartitionRunner = TaskRunner<PartitionImages, PartitionOutcome>;

/** The processes of all devices have ended. */
export class NoLaneLeft extends ExpectedFailure {}

interface Lane {
  readonly target: ComputeTarget;
  readonly process: TaskProcess | undefined;
}

/** Callers wait here until a lane is free. */
class LaneTurns {
  readonly #free: Lane[];
  readonly #waiting: ((lane: Lane | undefined) => void)[] = [];
  #alive: number;

  constructor(lanes: readonly Lane[]) {
    this.#free = [...lanes];
    this.#alive = lanes.length;
  }

  /** Throws `NoLaneLeft`. */
  async take(): Promise<Lane> {
    const free = this.#free.shift();
    const waits = free === undefined && this.#alive > 0;
    const lane = waits ? await new Promise<Lane | undefined>((resolve) => this.#waiting.push(resolve)) : free;
    if (!lane) throw new NoLaneLeft('No device is left to label with.');
    return lane;
  }

  give(lane: Lane): void {
    const next = this.#waiting.shift();
    if (next) next(lane);
    else this.#free.push(lane);
  }

  lose(): void {
    this.#alive--;
    if (this.#alive === 0) for (const next of this.#waiting.splice(0)) next(undefined);
  }
}

/**
 * One partition on each of the devices at once: a single device on a thread of this process, or wherever it is normally
 * used; several devices each in a process of its own. After a failure, a single device continues as `computeSteadily`
 * describes; of several, a device whose process ends during a partition gets no more; that partition, and anything
 * requested when no device is left, fails with `TaskProcessEnded` or `NoLaneLeft`.
 */
export function onDevices(
  place: LabelPlace,
  order: LabelOrder,
  targets: readonly ComputeTarget[],
  tell: Workspace['tell'],
): PartitionRunner {
  const inProcesses = targets.length > 1;
  const lanes = targets.map((target): Lane => ({ target, process: inProcesses ? new TaskProcess() : undefined }));
  const turns = new LaneTurns(lanes);
  return {
    form: inProcesses ? 'process' : 'thread',
    // One partition more than devices, so that one can be written while the devices compute.
    lanes: targets.length + 1,
    async run(images, { signal, progress }) {
      const lane = await turns.take();
      const { target, process: own } = lane;
      let mine = true;
      const give = () => {
        if (mine) turns.give(lane);
        mine = false;
      };
      try {
        const label = async (on: ComputeTarget) => {
          const host = { target: on, signal, progress, computed: give, ...(own && { runTask: own.run }) };
          return await labelPartition(place, order, images, host);
        };
        return await (own ? label(target) : computeSteadily(target, { signal, tell }, label));
      } catch (error) {
        if (mine && error instanceof TaskProcessEnded) {
          mine = false;
          turns.lose();
        }
        throw error;
      } finally {
        give();
      }
    },
    async close() {
      for (const lane of lanes) lane.process?.close();
    },
  };
}

/** Where a worker finds a partition; as plain data. */
export interface FleetPartition {
  /** As seen by the ordering machine. */
  readonly directory: string;
  readonly projectId: string | null;
  readonly runId: string;
  readonly partition: number;
}

/** The order stays in the run's folder until the runner is closed. Throws `FleetUnreachable`. */
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
  await writeOrder(runDirectory, whole, imageIds, (path) => writeImageList(project.database, path, imageIds));
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

/** Asks at most once per this time. */
function recently<T>(ms: number, ask: () => Promise<T>): () => Promise<T> {
  let last: { readonly atMs: number; readonly answer: Promise<T> } | undefined;
  return async () => {
    const atMs = performance.now();
    if (!last || atMs - last.atMs > ms) last = { atMs, answer: ask() };
    return await last.answer;
  };
}
