/** A confusion matrix as a real table, shaded by share of the row; the numbers are readable without the shading. */

import { at } from '../at.ts';
import { hasSeveralLabels } from '../pipeline/measure.ts';
import { comparedModels } from '../pipeline/stages.ts';
import { html, type Markup } from './html.ts';
import { toneOf } from './models-html.ts';
import { percent } from './numbers.ts';
import type { ReportData, ReportedModel } from './report-data.ts';

/** Larger matrices show only their most frequent mistakes: a thousand columns help nobody. */
const LARGEST_TABLE = 24;

export function confusionMatrices({ models, classNames }: ReportData): Markup {
  if (hasSeveralLabels(models)) return averagePrecisions(models, classNames);
  const write = classNames.length > LARGEST_TABLE ? worstMistakes : matrix;
  const cards = models.map(
    (entry) =>
      html`<figure class="${toneOf(entry.model)}"><figcaption>${comparedModels[entry.model].title}</figcaption><div class="scroll" tabindex="0" role="region" aria-label="Mistakes of: ${comparedModels[entry.model].title}">${write(entry, classNames)}</div></figure>`,
  );
  return html`<div class="cards wide">${cards}</div>`;
}

function matrix({ model, evaluation }: ReportedModel, classNames: readonly string[]): Markup {
  const head = classNames.map((name) => html`<th scope="col"><span>${name}</span></th>`);
  const rows = evaluation.confusion.map((row, actual) => {
    const images = Math.max(
      1,
      row.reduce((sum, count) => sum + count, 0),
    );
    const cells = row.map((count, predicted) => {
      if (count === 0) return html`<td class="none">0</td>`;
      // The square root makes rare mistakes visible beside frequent ones.
      return html`<td class="${predicted === actual ? 'hit' : 'miss'}" style="--shade:${Math.sqrt(count / images).toFixed(2)}">${count}</td>`;
    });
    return html`<tr><th scope="row">${at(classNames, actual)}</th>${cells}</tr>`;
  });
  return html`<table class="confusion" aria-label="Confusion matrix of: ${comparedModels[model].title}"><thead><tr><td></td>${head}</tr></thead><tbody>${rows}</tbody></table>`;
}

function worstMistakes({ evaluation }: ReportedModel, classNames: readonly string[]): Markup {
  const mistakes = evaluation.confusion
    .flatMap((row, actual) => row.map((count, predicted) => ({ actual, predicted, count })))
    .filter(({ actual, predicted, count }) => actual !== predicted && count > 0)
    .sort((a, b) => b.count - a.count)
    .slice(0, LARGEST_TABLE);
  const rows = mistakes.map(
    ({ actual, predicted, count }) =>
      html`<tr><th scope="row">${at(classNames, actual)}</th><td>${at(classNames, predicted)}</td><td>${count}</td></tr>`,
  );
  return html`<table class="numbers"><thead><tr><th scope="col">Is</th><th scope="col">Taken for</th><th scope="col">Images</th></tr></thead><tbody>${rows}</tbody></table>`;
}

/** If images have several classes, none is mistaken for another: shows the average precision of each class instead. */
function averagePrecisions(models: readonly ReportedModel[], classNames: readonly string[]): Markup {
  const head = models.map(
    ({ model }) => html`<th scope="col">${comparedModels[model].title}</th><th scope="col">Threshold</th>`,
  );
  const rows = classNames.map((name, classId) => {
    const cells = models.map(({ evaluation: { several } }) => {
      const own = several && at(several.classes, classId);
      const precision = own?.averagePrecision;
      return html`<td>${precision === undefined || precision === null ? '–' : percent(precision)}</td><td>${own ? own.threshold.toFixed(2) : '–'}</td>`;
    });
    return html`<tr><th scope="row">${name}</th>${cells}</tr>`;
  });
  return html`<div class="scroll" tabindex="0" role="region" aria-label="Average precision of every class"><table class="numbers"><thead><tr><th scope="col">Class</th>${head}</tr></thead><tbody>${rows}</tbody></table></div>`;
}
