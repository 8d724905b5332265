/** Brings a finished teacher made by other programs: a table of scores, or an ONNX classifier. */
import type { Project } from '../catalogue/project.ts';
import { WrongUsage } from '../failure.ts';
import { bringClassifier, type ClassifierCorrections } from './bring-classifier.ts';
import { bringScores, type ScoresCorrections } from './bring-scores.ts';
import { previewRecipe } from './preview-recipe.ts';

export interface OtherCorrections extends ClassifierCorrections, ScoresCorrections {}

interface BroughtOther {
  readonly kind: 'classifier' | 'scores';
  /** The id of the teacher's run. */
  readonly id: string;
  readonly sentences: readonly string[];
}

export function isScoreTable(file: string): boolean {
  return /\.(csv|tsv|parquet|pq)$/i.test(file);
}

/** The project's recipe uses it from now on. Throws `WrongUsage` naming what resolves an ambiguity. */
export async function bringOther(project: Project, file: string, corrections: OtherCorrections): Promise<BroughtOther> {
  const { resolved, sets, unfit } = await previewRecipe(project, undefined, []);
  if (!resolved || !sets) {
    throw new WrongUsage(unfit ?? 'Add labelled images first: a teacher is brought for their classes.');
  }
  const collection = { resolved, sets };
  if (isScoreTable(file)) return { kind: 'scores', ...(await bringScores(project, file, corrections, collection)) };
  if (!/\.onnx$/i.test(file)) {
    throw new WrongUsage(
      `${file} is not an ONNX network: a classifier is brought as .onnx, scores as .csv or .parquet.`,
    );
  }
  return { kind: 'classifier', ...(await bringClassifier(project, file, corrections, collection)) };
}
