/**
 * The page's first screen: whether the method paid off, what was done, and the four models side by side on one scale.
 */

import { at } from '../at.ts';
import { hasSeveralLabels, measureOf } from '../pipeline/measure.ts';
import type { StageSide } from '../pipeline/stages.ts';
import { comparedModels, modelAs } from '../pipeline/stages.ts';
import { type Content, html, type Markup } from './html.ts';
import { interval, percent, roundTicks, signed, thousands } from './numbers.ts';
import type { ReportData, ReportedModel } from './report-data.ts';
import { gainOf, verdictOf } from './verdict.ts';

export function verdictBanner(data: ReportData): Markup {
  const { kind, gain, headline, sentence } = verdictOf(data);
  const figure =
    gain &&
    html`<div class="gain"><p><b>${signed(gain.difference)}</b> points</p><p class="chance">95 % interval ${interval(gain.interval, signed)}</p></div>`;
  return html`<div class="verdict ${kind}">${figure}<div><p class="headline">${headline}</p><p>${sentence}</p></div></div>`;
}

/** The method in five steps, with this project's numbers. */
export function methodSteps({ collection, selection, classNames }: ReportData): Markup {
  const chosen = selection.classes.reduce((sum, { kept }) => sum + kept, 0);
  const steps: readonly (readonly [string, number, string])[] = [
    ['teacher', collection.labelled, `labelled images of ${thousands(classNames.length)} classes train the teacher`],
    ['teacher', collection.unlabelled, 'unlabelled images are ranked by the teacher'],
    ['student', chosen, `stand above the K line (${thousands(selection.k)} a class) and pre-train the student`],
    ['student', collection.labelled, 'labels fine-tune it'],
    ['', collection.heldOut, 'held-out images, seen by no training, judge all'],
  ];
  const items = steps.map(
    ([tone, count, text]) => html`<li class="${tone}"><b>${thousands(count)}</b> <span>${text}</span></li>`,
  );
  return html`<ol class="steps">${items}</ol>`;
}

export function modelTable(data: ReportData): Markup {
  const { models } = data;
  const bounds = models.flatMap(({ evaluation }) => measureOf(evaluation).interval);
  const ticks = roundTicks(Math.min(...bounds), Math.max(...bounds), 4);
  const [low, high] = [at(ticks, 0), at(ticks, ticks.length - 1)];
  const place = (share: number) => `${((100 * (share - low)) / (high - low)).toFixed(2)}%`;
  const judged = models.find(({ model }) => model === modelAs('baseline'))?.evaluation;
  const baseline = judged && measureOf(judged).value;
  const reference =
    baseline === undefined ? undefined : html`<i class="reference" style="left:${place(baseline)}"></i>`;
  const rows = models.map((entry) => modelRow(entry, data, place, reference));
  const scale = ticks.map(
    (tick) => html`<i style="left:${place(tick)}">${(100 * tick).toFixed(high - low < 0.05 ? 1 : 0)}</i>`,
  );
  const several = hasSeveralLabels(models);
  const measure = several ? 'mAP' : 'Top-1';
  const top5 = several
    ? html`<th scope="col">Micro F1</th>`
    : data.classNames.length > 5
      ? html`<th scope="col">Top-5</th>`
      : undefined;
  return html`<div class="scroll" tabindex="0" role="region" aria-label="The models compared"><table class="models">
<thead><tr><th scope="col">Model</th><th scope="col" class="plot">${measure}, %<span class="scale" aria-hidden="true">${scale}</span></th><th scope="col">${measure}</th><th scope="col" class="interval">95 % interval</th>${top5}<th scope="col">Against labels only</th></tr></thead>
<tbody>${rows}</tbody></table></div>`;
}

function modelRow(
  entry: ReportedModel,
  { models, classNames }: ReportData,
  place: (share: number) => string,
  reference: Content,
): Markup {
  const { model, evaluation } = entry;
  const { value, interval: own } = measureOf(evaluation);
  const [low, high] = own;
  const gain = gainOf(entry, models);
  const range = gain ? html`<small>${interval(gain.interval, signed)}</small>` : undefined;
  const top5 = evaluation.several
    ? html`<td>${percent(evaluation.several.microF1)}</td>`
    : classNames.length > 5
      ? html`<td>${percent(evaluation.top5)}</td>`
      : undefined;
  return html`<tr class="${comparedModels[model].role} ${toneOf(model)}"><th scope="row"><span class="mark" aria-hidden="true"></span>${comparedModels[model].title}<small>${comparedModels[model].learntFrom}</small></th>
<td class="plot"><span class="track">${reference}<i class="range" style="left:${place(low)};right:calc(100% - ${place(high)})"></i><i class="mark" style="left:${place(value)}"></i></span></td>
<td><b>${percent(value)}</b></td><td class="quiet interval">${interval([low, high], percent)}</td>${top5}<td>${gain ? html`<b>${signed(gain.difference)}</b>` : 'the baseline'}${range}</td></tr>`;
}

/** Teacher or student: the two meaningful colours, always shown beside the word. */
export function toneOf(model: ReportedModel['model']): StageSide {
  return comparedModels[model].role === 'teacher' ? 'teacher' : 'student';
}
