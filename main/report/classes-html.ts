/** Class by class: the training data, the selection, and the results of each model. */

import { at } from '../at.ts';
import { comparedModels, type EvaluatedModel, modelAs } from '../pipeline/stages.ts';
import { type Content, html, type Markup } from './html.ts';
import { f1Text, percent, signed, thousands } from './numbers.ts';
import type { ReportData } from './report-data.ts';

export function classTable(data: ReportData): Markup {
  const { models, classNames } = data;
  const head = models.map(({ model }) => html`<th scope="col">${comparedModels[model].title}</th>`);
  const f1Of = (model: EvaluatedModel, classId: number) =>
    models
      .filter((entry) => entry.model === model)
      .map(({ evaluation }) => at(evaluation.classes, classId))
      .find(({ images }) => images > 0)?.f1;
  const rows = classNames.map((name, classId) => {
    const f1 = models.map(({ evaluation }) => html`<td>${f1Text(at(evaluation.classes, classId))}</td>`);
    return html`<tr><th scope="row">${name}</th>${counts(data, classId)}${f1}${change(f1Of(modelAs('baseline'), classId), f1Of(modelAs('result'), classId))}</tr>`;
  });
  return html`<div class="scroll" tabindex="0" role="region" aria-label="F1 of every class"><table class="numbers">
<thead><tr><th scope="col">Class</th><th scope="col">Labelled</th><th scope="col">Selected</th><th scope="col">Held out</th>${head}<th scope="col">Gain</th></tr></thead><tbody>${rows}</tbody></table></div>
<details><summary>Precision and recall</summary>${precisionAndRecall(data)}</details>`;
}

function counts({ collection, selection, models }: ReportData, classId: number): Markup {
  const chosen = at(selection.classes, classId).kept;
  const short = chosen < selection.k ? html` <span class="short" title="short of K">short</span>` : undefined;
  const heldOut = at(at(models, 0).evaluation.classes, classId).images;
  const bar = html`<i class="bar" style="width:${((48 * chosen) / Math.max(1, selection.k)).toFixed(1)}px"></i>`;
  return html`<td>${thousands(at(collection.labelledPerClass, classId))}</td><td>${short} ${thousands(chosen)} <span class="gauge" aria-hidden="true">${bar}</span></td><td>${thousands(heldOut)}</td>`;
}

function change(before: number | undefined, after: number | undefined): Content {
  if (before === undefined || after === undefined) return html`<td></td>`;
  const sign = after >= before ? '▲' : '▼';
  return html`<td class="${after >= before ? 'better' : 'worse'}"><span aria-hidden="true">${sign}</span> ${signed(after - before)}</td>`;
}

function precisionAndRecall({ models, classNames }: ReportData): Markup {
  const groups = models.map(({ model }) => html`<th scope="colgroup" colspan="2">${comparedModels[model].title}</th>`);
  const heads = models.map(() => html`<th scope="col">Precision</th><th scope="col">Recall</th>`);
  const rows = classNames.map((name, classId) => {
    const cells = models.map(({ evaluation }) => {
      const { precision, recall } = at(evaluation.classes, classId);
      return html`<td>${percent(precision)}</td><td>${percent(recall)}</td>`;
    });
    return html`<tr><th scope="row">${name}</th>${cells}</tr>`;
  });
  return html`<div class="scroll" tabindex="0" role="region" aria-label="Precision and recall of every class"><table class="numbers"><thead><tr><th scope="col" rowspan="2">Class</th>${groups}</tr><tr>${heads}</tr></thead><tbody>${rows}</tbody></table></div>`;
}
