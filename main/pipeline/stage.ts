/**
 * One stage of the method as a run on disk. A run is named by its stage and by a hash of everything that goes into it, so
 * that asking for the same work again finds it: finished work is taken over, interrupted work goes on, changed work is a
 * new run beside the old one.
 */
import { createHash } from 'node:crypto';
import { mkdir } from 'node:fs/promises';
import { verifyRunFiles } from '../catalogue/run-files.ts';
import { deviceName } from '../engines/device.ts';
import { Interrupted, messageOf } from '../failure.ts';
import type { Awaited } from '../stall-watch.ts';
import type { Damage, Verdict } from '../stored-data.ts';
import { asSystemFailure } from '../system-failure.ts';
import type { RunRecord } from './run-record.ts';
import { nextSequence, readRun, secondsOf, writeRun } from './runs.ts';
import { type StageName, stages } from './stages.ts';
import { softwareVersions } from './versions.ts';
import type { Workspace } from './workspace.ts';

/** What a stage works from: `parameters` and `parents` together decide whether the work was done before. */
export interface StageInputs {
  readonly stage: StageName;
  readonly seed: number;
  readonly parameters: unknown;
  /** The runs that this one builds on. */
  readonly parents: readonly StageParent[];
}

/** Of a run that a stage builds on, what names the stage's own run. */
export type StageParent = Pick<RunRecord, 'id' | 'key'>;

export interface StageWork {
  /** The run's own folder, runs/<id>. */
  readonly directory: string;
  readonly runId: string;
  progress(done: number, total: number, detail?: string): void;
  /** What it waits for from here to its next step. */
  awaits(awaited: Awaited): void;
}

export interface StageSteps {
  /** What is written in a moment and follows from the inputs alone; done before the work. */
  readonly prepare?: (stage: StageWork) => Promise<void>;
  /** Gives the run's metrics; can be resumed. */
  readonly work: (stage: StageWork) => Promise<Record<string, number>>;
  /** Of what a finished run has outside its folder. */
  readonly verify?: (runId: string) => AsyncIterable<Verdict>;
  /** The files of a finished run, where they are not those of every run of its stage. */
  readonly outputs?: readonly string[];
}

/** Does the stage, or takes over what an earlier call did. What of that is damaged is made again. */
export async function runStage(workspace: Workspace, inputs: StageInputs, steps: StageSteps): Promise<RunRecord> {
  const { project, signal, tell } = workspace;
  const { stage } = inputs;
  const { key, id: runId } = stageRun(inputs);
  const directory = project.path('runs', runId);
  const progress = (done: number, total: number, detail = '') =>
    tell({ kind: 'stageProgressed', stage, done, total, detail });
  const awaits = (awaited: Awaited) => tell({ kind: 'awaits', awaited });
  const here: StageWork = { directory, runId, progress, awaits };
  awaits('disk');
  const known = await readRun(project, runId);
  for (const message of project.notes.take()) tell({ kind: 'noted', message });
  if (known?.state === 'succeeded' && (await isSound(workspace, here, steps, steps.outputs ?? stages[stage].outputs))) {
    tell({ kind: 'stageFinished', stage, runId, reused: true, seconds: secondsOf(known), metrics: known.metrics });
    return await takenOver(workspace, known);
  }
  if (signal.aborted) throw new Interrupted();

  await mkdir(directory, { recursive: true });
  const running = { ...startedRecord(workspace, inputs, runId, key, known), sequence: await nextSequence(project) };
  await writeRun(project, running);
  tell({ kind: 'stageStarted', stage, runId, resumed: known !== undefined });
  const finish = async (outcome: Pick<RunRecord, 'state' | 'reason' | 'metrics'>) => {
    const record: RunRecord = { ...running, ...outcome, finishedAt: new Date().toISOString() };
    await writeRun(project, record);
    return record;
  };
  try {
    await steps.prepare?.(here);
    const metrics = await steps.work(here);
    const record = await finish({ state: 'succeeded', reason: null, metrics });
    tell({ kind: 'stageFinished', stage, runId, reused: false, seconds: secondsOf(record), metrics });
    return record;
  } catch (error) {
    const state = error instanceof Interrupted ? 'cancelled' : 'failed';
    // The first error is the one to report, also when the disk is too full to write it down.
    await finish({ state, reason: messageOf(asSystemFailure(error)), metrics: {} }).catch(() => {});
    throw error;
  }
}

/** What an experiment made is the project's own from when its own work needs it. */
async function takenOver({ project, forExperiment }: Workspace, known: RunRecord): Promise<RunRecord> {
  if (known.forExperiment !== true || forExperiment === true) return known;
  const { forExperiment: _, ...own } = known;
  const record = { ...own, sequence: await nextSequence(project) };
  await writeRun(project, record);
  return record;
}

/** Whether all that a finished run left is what was written, or is so again after its preparation was done anew. */
async function isSound(
  { tell }: Workspace,
  stage: StageWork,
  steps: StageSteps,
  outputs: readonly string[],
): Promise<boolean> {
  const damage = await damageOfRun(stage, steps, outputs);
  if (!damage) return true;
  const { what, path, damage: found } = damage;
  tell({ kind: 'noted', message: `${what} is damaged (${path}: ${found}) and is made again.` });
  if (!steps.prepare) return false;
  await steps.prepare(stage);
  return (await damageOfRun(stage, steps, outputs)) === undefined;
}

async function damageOfRun(
  { directory, runId }: StageWork,
  { verify }: StageSteps,
  outputs: readonly string[],
): Promise<Damage | undefined> {
  for (const verdicts of [verifyRunFiles(directory, outputs), verify?.(runId) ?? []]) {
    for await (const verdict of verdicts) if (verdict.state === 'damaged') return verdict;
  }
  return undefined;
}

/** The run that a stage has or would have, named by a hash of everything that decides its outcome. */
export function stageRun(
  { stage, seed, parameters, parents }: StageInputs,
  revision: number = stages[stage].revision,
): StageParent {
  const content = JSON.stringify({
    ...{ stage, seed, parameters, parents: parents.map(({ key }) => key) },
    // Absent in the first: what was computed before there were revisions is taken over.
    ...(revision > 1 ? { revision } : {}),
  });
  const key = createHash('sha256').update(content).digest('hex');
  return { key, id: `${stage}-${key.slice(0, 12)}` };
}

function startedRecord(
  { recipe, target, forExperiment }: Workspace,
  { stage, seed, parents }: StageInputs,
  id: string,
  key: string,
  known: RunRecord | undefined,
): RunRecord {
  return {
    id,
    stage,
    key,
    parents: parents.map((parent) => parent.id),
    state: 'running',
    reason: null,
    seed,
    recipe,
    engine: target.device.engine,
    device: deviceName(target.device),
    versions: softwareVersions(target.device),
    startedAt: known?.startedAt ?? new Date().toISOString(),
    finishedAt: null,
    metrics: {},
    ...(forExperiment === true && (known === undefined || known.forExperiment === true) && { forExperiment }),
  };
}
