/**
 * One stage of the method as a run on disk. A run is named by its stage and a hash of everything that goes into it, so
 * that requesting the same work again finds it: finished work is reused, interrupted work continues, changed work is a
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
import { inTurn } from './run-turns.ts';
import { readRun, secondsOf, writeAsNewest, writeRun } from './runs.ts';
import { type StageName, stages } from './stages.ts';
import { softwareVersions } from './versions.ts';
import type { Workspace } from './workspace.ts';

/** The inputs of a stage: `parameters` and `parents` together determine whether the work was done before. */
export interface StageInputs {
  readonly stage: StageName;
  readonly seed: number;
  readonly parameters: unknown;
  /** The runs that this one builds on. */
  readonly parents: readonly StageParent[];
}

/** The part of a parent run that enters the name of the stage's own run. */
export type StageParent = Pick<RunRecord, 'id' | 'key'>;

export interface StageWork {
  /** The run's own folder, runs/<id>. */
  readonly directory: string;
  readonly runId: string;
  progress(done: number, total: number, detail?: string): void;
  /** Declares what it waits for until its next step. */
  awaits(awaited: Awaited): void;
}

export interface StageSteps {
  /** Writes what takes only a moment and depends on the inputs alone; done before the work. */
  readonly prepare?: (stage: StageWork) => Promise<void>;
  /** Returns the run's metrics; must be resumable. */
  readonly work: (stage: StageWork) => Promise<Record<string, number>>;
  /** Verifies what a finished run has outside its folder. */
  readonly verify?: (runId: string) => AsyncIterable<Verdict>;
  /** The files of a finished run, if they differ from those listed for its stage. */
  readonly outputs?: readonly string[];
}

/** Does the stage, or reuses what an earlier call did. Damaged parts of that are made again. */
export async function runStage(workspace: Workspace, inputs: StageInputs, steps: StageSteps): Promise<RunRecord> {
  const run = stageRun(inputs);
  return await inTurn(workspace.project, run.id, () => doStage(workspace, inputs, steps, run));
}

async function doStage(
  workspace: Workspace,
  inputs: StageInputs,
  steps: StageSteps,
  { key, id: runId }: StageParent,
): Promise<RunRecord> {
  const { project, signal, tell } = workspace;
  const { stage } = inputs;
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
  const running = await writeAsNewest(project, startedRecord(workspace, inputs, runId, key, known));
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
    // The first error is the one to report, even if the disk is too full to record it.
    await finish({ state, reason: messageOf(asSystemFailure(error)), metrics: {} }).catch(() => {});
    throw error;
  }
}

/** A run made by an experiment becomes the project's own once the project's work needs it. */
async function takenOver({ project, forExperiment }: Workspace, known: RunRecord): Promise<RunRecord> {
  if (known.forExperiment !== true || forExperiment === true) return known;
  const { forExperiment: _, ...own } = known;
  return await writeAsNewest(project, own);
}

/** Whether everything that a finished run left is intact, or is so after repeating its preparation. */
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

/** The run that a stage has or would have, named by a hash of everything that determines its outcome. */
export function stageRun(
  { stage, seed, parameters, parents }: StageInputs,
  revision: number = stages[stage].revision,
): StageParent {
  const content = JSON.stringify({
    ...{ stage, seed, parameters, parents: parents.map(({ key }) => key) },
    // Omitted for the first one, so that results from before revisions existed are reused.
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
