/**
 * Repeats the method with the student as the next teacher, round after round. The paper does it once; whether another
 * round pays off is measured: each student is compared with the previous one on the same held-out images.
 */
import { copyFile } from 'node:fs/promises';
import { join } from 'node:path';
import { MODEL } from '../catalogue/run-files.ts';
import { writeWholeTeacher } from './brought-teacher.ts';
import type { Collection } from './collection.ts';
import { readEvaluations } from './evaluations-file.ts';
import { measureOf, pairedGain } from './measure.ts';
import { type MethodRuns, runMethod } from './method.ts';
import type { Evaluation, PairedDifference } from './metrics.ts';
import type { RunRecord } from './run-record.ts';
import type { StageParent } from './stage.ts';
import { modelAs } from './stages.ts';
import { openModel } from './train-stage.ts';
import type { Workspace } from './workspace.ts';

/** Long before, a round no longer pays. */
export const MOST_ROUNDS = 20;

export interface Round {
  /** From 1. */
  readonly round: number;
  readonly runs: MethodRuns;
  readonly student: Evaluation;
  /**
   * Relative to the student of the previous round; in the first round, to the student trained on labels alone, if there
   * is one.
   */
  readonly gain: PairedDifference | undefined;
}

/**
 * Runs at most `rounds` rounds, and stops after one whose student gets no more held-out images right than the previous
 * one. Each round's runs are named by their inputs, so that finished rounds are reused.
 */
export async function runRounds(
  workspace: Workspace,
  collection: Collection,
  most: number,
  onRound: (round: Round) => void,
): Promise<readonly [Round, ...Round[]]> {
  const first = await roundOf(workspace, await runMethod(workspace, collection, 'evaluate'), undefined);
  onRound(first);
  const rounds: [Round, ...Round[]] = [first];
  for (let last = first; rounds.length < most && pays(last); ) {
    const { finetune } = last.runs;
    if (!finetune) throw new Error('the whole method trains a student');
    const teacher = await asTeacher(workspace, collection, finetune);
    const { recipe } = workspace;
    const next = {
      ...workspace,
      recipe: { ...recipe, teacher: { ...recipe.teacher, run: teacher.id, features: null } },
    };
    last = await roundOf(workspace, await runMethod(next, collection, 'evaluate'), last);
    rounds.push(last);
    onRound(last);
  }
  return rounds;
}

/** A first round is always worth another: it is not compared with a round. */
export function pays({ round, gain }: Pick<Round, 'round' | 'gain'>): boolean {
  return round === 1 || (gain !== undefined && gain.difference > 0);
}

/** The round with the best student; ties go to the earlier. */
export function bestRound(rounds: readonly [Round, ...Round[]]): Round {
  return rounds.reduce((best, round) =>
    measureOf(round.student).value > measureOf(best.student).value ? round : best,
  );
}

async function roundOf({ project }: Workspace, runs: MethodRuns, before: Round | undefined): Promise<Round> {
  if (!runs.evaluate) throw new Error('the whole method ends with a comparison');
  const evaluations = new Map(await readEvaluations(project, runs.evaluate.id));
  const student = evaluations.get(modelAs('result'));
  if (!student) throw new Error('the comparison has a student');
  const against = before?.student ?? evaluations.get(modelAs('baseline'));
  return {
    ...{ round: (before?.round ?? 0) + 1, runs, student },
    gain: against && pairedGain(student, against),
  };
}

/** The inputs of the teacher that a student becomes, from which its run is named. */
export function decisiveOf(student: Pick<StageParent, 'key'>, { classIds }: Pick<Collection, 'classIds'>): unknown {
  return [{ student: student.key }, classIds];
}

/** Copies the student's model to a teacher's run, byte for byte. */
async function asTeacher(workspace: Workspace, collection: Collection, student: RunRecord): Promise<RunRecord> {
  const { project, recipe } = workspace;
  const model = await openModel(workspace, student);
  return await writeWholeTeacher(project, {
    ...{ file: student.id, recipe, classes: collection, metrics: {} },
    sentences: ['The student of the previous round is the teacher.'],
    decisive: decisiveOf(student, collection),
    files: [MODEL],
    write: async (directory) => await copyFile(model, join(directory, MODEL)),
  });
}
