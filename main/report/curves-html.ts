/**
 * How the networks learned: loss, training top-1 and learning rate, the student's two trainings one after the other.
 */

import { comparedModels, continuedStage, modelAs } from '../pipeline/stages.ts';
import type { TrainingPoint } from '../training/train-request.ts';
import { type CurveLine, curveSvg } from './curve-svg.ts';
import { html, type Markup } from './html.ts';
import { percent, thousands } from './numbers.ts';
import type { ReportData, ReportedModel } from './report-data.ts';

type Measure = (point: TrainingPoint) => number | undefined;

export function learningCurves({ models }: ReportData): Markup {
  const chart = (title: string, measure: Measure, write: (value: number) => string) => {
    const lines = models.map((entry) => line(entry, measure, models)).filter(({ points }) => points.length > 0);
    if (lines.length === 0) return undefined;
    const ends = models.map((entry) => endText(entry, measure, write)).filter((text) => text !== undefined);
    const boundary = models.map((entry) => imagesBefore(entry, models)).find((images) => images > 0);
    return curveSvg({ title, summary: `${title}: ${ends.join('; ')}`, lines, boundary, write });
  };
  const keys = models.map(
    ({ model }) =>
      html`<li><svg class="key" viewBox="0 0 34 8" aria-hidden="true"><polyline class="${comparedModels[model].role}" points="0,4 34,4"/></svg>${comparedModels[model].title}</li>`,
  );
  return html`<ul class="keys">${keys}</ul><div class="cards">
${chart(
  'Training loss',
  ({ loss }) => loss,
  (value) => value.toFixed(1),
)}
${chart(
  'Training top-1, %',
  ({ top1 }) => top1,
  (value) => (100 * value).toFixed(0),
)}
${chart(
  'Learning rate',
  ({ learningRate }) => learningRate,
  (value) => String(Number(value.toPrecision(2))),
)}
</div>`;
}

function line(entry: ReportedModel, measure: Measure, models: readonly ReportedModel[]): CurveLine {
  const offset = imagesBefore(entry, models);
  const points = entry.curve.flatMap((point): [number, number][] => {
    const value = measure(point);
    return value === undefined ? [] : [[point.imagesProcessed + offset, value]];
  });
  return { className: comparedModels[entry.model].role, points };
}

/** The number of images processed by the training that this one continues from. */
function imagesBefore({ model }: ReportedModel, models: readonly ReportedModel[]): number {
  const continued = continuedStage(comparedModels[model].stage);
  const before = models.find((other) => comparedModels[other.model].stage === continued);
  return before?.curve.at(-1)?.imagesProcessed ?? 0;
}

function endText({ model, curve }: ReportedModel, measure: Measure, write: (value: number) => string) {
  const last = curve.at(-1);
  const value = last && measure(last);
  if (value === undefined) return undefined;
  return `${comparedModels[model].title} ends at ${write(value)} after ${thousands(last?.imagesProcessed ?? 0)} images`;
}

/** The final values of the trainings, as a text alternative to the lines. */
export function trainingNote({ models }: ReportData): string {
  const teacher = models.find(({ model }) => model === modelAs('teacher'));
  const top1 = teacher?.curve.at(-1)?.top1;
  if (!teacher || top1 === undefined) return '';
  return `The teacher ends right on ${percent(top1)} of its training images, and on ${percent(teacher.evaluation.top1)} of the held-out ones.`;
}
