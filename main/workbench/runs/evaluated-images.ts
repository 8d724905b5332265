/** Held-out images by the models' answers: a cell of a confusion matrix, mistakes, what the student gains or loses. */
import { at } from '../../at.ts';
import type { Project } from '../../catalogue/project.ts';
import { type PredictionQuery, predictedImages, predictionsTable } from '../../catalogue/runs/predictions.ts';
import { ExpectedFailure } from '../../failure.ts';
import { type EvaluatedModel, modelAs } from '../../pipeline/stages.ts';
import type { EvaluatedImageWindow, EvaluationQuery } from '../contract/runs.ts';
import type { Page } from '../services.ts';
import { requireRun } from './run-infos.ts';

export class PredictionsMissing extends ExpectedFailure {}

export async function evaluatedImages(
  project: Project,
  runId: string,
  query: EvaluationQuery,
  { offset, limit }: Page,
): Promise<EvaluatedImageWindow> {
  await requireRun(project, runId);
  const table = await predictionsTable(project, runId);
  if (table === undefined) {
    throw new PredictionsMissing(
      'This comparison was made before Understudy kept each model’s answer for each image: compare again with another seed to see them.',
    );
  }
  const { total, images } = await predictedImages(project.database, table, asked(query), { offset, limit });
  return {
    total,
    offset,
    images: images.map(({ imageId, predictions }) => ({
      imageId,
      trueClass: at(predictions, 0).trueOutput,
      predictions: predictions.map(({ model, predictedOutput, calibrated }) => ({
        model: model as EvaluatedModel,
        predictedClass: predictedOutput,
        probability: calibrated,
      })),
    })),
  };
}

function asked(query: EvaluationQuery): PredictionQuery {
  switch (query.kind) {
    case 'cell':
      return { kind: 'cell', model: query.model, trueOutput: query.trueClass, predictedOutput: query.predictedClass };
    case 'mistakes':
      return query;
    case 'gains':
      return { kind: 'disagreement', right: modelAs('result'), wrong: modelAs('teacher') };
    case 'losses':
      return { kind: 'disagreement', right: modelAs('teacher'), wrong: modelAs('result') };
    default:
      return query satisfies never;
  }
}
