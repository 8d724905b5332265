/** The report for a terminal. */
import { at } from '../at.ts';
import { hasSeveralLabels, measureOf } from '../pipeline/measure.ts';
import { comparedModels } from '../pipeline/stages.ts';
import { textTable } from '../text-table.ts';
import { visible } from '../visible.ts';
import { missingText } from './missing-text.ts';
import { f1Text, interval, percent, points, signed, thousands } from './numbers.ts';
import type { ReportData, ReportedModel } from './report-data.ts';
import { gainOf, verdictOf } from './verdict.ts';

/** More classes than this are only listed on the page and with --json. */
const MOST_CLASSES = 30;
const GAP = 3;

/** Tables wider than `columns` are printed with one line per cell. */
export function reportText(data: ReportData, columns = Number.POSITIVE_INFINITY): string {
  const { collection, selection, classNames } = data;
  const { headline, sentence, gain } = verdictOf(data);
  const gained = gain ? ` (${points(gain.difference)})` : '';
  return [
    '',
    `${data.project}: ${thousands(collection.labelled)} labelled, ${thousands(collection.unlabelled)} unlabelled, ${thousands(collection.heldOut)} held-out images; ${classNames.length} classes`,
    `Selection: at most ${thousands(selection.k)} a class, ${thousands(selection.classes.reduce((sum, { kept }) => sum + kept, 0))} in all; left out ${thousands(selection.excludedLeaks)} that repeat a held-out image and ${thousands(selection.excludedNearDuplicates)} near-copies`,
    ...(collection.missing > 0 ? [missingText(collection.missing)] : []),
    '',
    ...(classNames.length > MOST_CLASSES ? [] : [classTable(data, columns), '']),
    modelTable(data, columns),
    ...calibrationLines(data),
    '',
    `${headline}${gained}. ${sentence}`,
    ...(data.note ? ['', data.note] : []),
  ].join('\n');
}

function modelTable(data: ReportData, columns: number): string {
  const several = hasSeveralLabels(data.models);
  const withTop5 = !several && data.classNames.length > 5;
  const row = (entry: ReportedModel) => {
    const { top5, several: own } = entry.evaluation;
    const measure = measureOf(entry.evaluation);
    const gain = gainOf(entry, data.models);
    const cells = [comparedModels[entry.model].title, percent(measure.value), interval(measure.interval, percent)];
    if (withTop5) cells.push(percent(top5));
    if (several) cells.push(percent(own?.microF1 ?? 0), percent(own?.macroF1 ?? 0));
    cells.push(gain ? points(gain.difference) : '', gain ? interval(gain.interval, signed) : '');
    return cells;
  };
  const more = several ? ['micro F1', 'macro F1'] : withTop5 ? ['top-5'] : [];
  const head = ['', several ? 'mAP' : 'top-1', '95 % interval', ...more, 'against labels only', '95 % interval'];
  return textTable([head, ...data.models.map(row)], { columns, gap: GAP });
}

/** How far displayed probabilities are from the accuracy on held-out images. */
function calibrationLines({ models }: ReportData): string[] {
  return models.flatMap(({ model, evaluation: { calibration } }) => {
    if (!calibration) return [];
    const { temperature, error } = calibration;
    const text = `calibration error ${percent(error.before)}, calibrated ${percent(error.after)} (temperature ${temperature.toFixed(2)})`;
    return [`  ${comparedModels[model].title}: ${text}`];
  });
}

function classTable({ classNames, collection, selection, models }: ReportData, columns: number): string {
  const rows = classNames.map((name, classId) => {
    const chosen = at(selection.classes, classId);
    const f1 = models.map(({ evaluation }) => f1Text(at(evaluation.classes, classId)));
    const cut = chosen.kept > 0 ? chosen.scoreAtCut.toFixed(2) : '';
    const kept = thousands(chosen.kept);
    return [visible(name), thousands(at(collection.labelledPerClass, classId)), kept, cut, ...f1];
  });
  const f1Heads = models.map(({ model }) => `F1 ${model}`);
  return textTable([['class', 'labelled', 'selected', 'score at K', ...f1Heads], ...rows], { columns, gap: GAP });
}
