/**
 * The report as one self-contained HTML file: no script, no network, light and dark following the reader's system,
 * printable. It answers first whether the method paid off.
 */

import { hasSeveralLabels } from '../pipeline/measure.ts';
import { classTable } from './classes-html.ts';
import { confusionMatrices } from './confusion-html.ts';
import { learningCurves, trainingNote } from './curves-html.ts';
import { type Content, html, type Markup } from './html.ts';
import { methodSteps, modelTable, verdictBanner } from './models-html.ts';
import { thousands } from './numbers.ts';
import { glossary, missingNote, problemDetails, recipeDetails, runTable } from './origins-html.ts';
import { rankedSheets } from './ranked-sheets-html.ts';
import type { ReportData } from './report-data.ts';
import { STYLE } from './report-style.ts';

export function reportHtml(data: ReportData): string {
  const finished = `${data.createdAt.slice(0, 16).replace('T', ' ')} UTC`;
  const page = html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; img-src data:; style-src 'unsafe-inline'">
<title>${data.project} · Understudy report</title>
<style>${{ markup: STYLE }}</style>
</head>
<body>
<header>
<p class="eyebrow">Understudy report</p>
<h1>${data.project}</h1>
<p class="quiet">${finished} · ${data.device} · seed ${data.seed}</p>
${verdictBanner(data)}
${methodSteps(data)}
</header>
<main>
${section('models', 'Four models, one test', `All judged on the same ${thousands(data.collection.heldOut)} held-out images. The bar is the 95 % interval, the dotted line the student that saw the labels only.`, modelTable(data))}
${section('selection', 'What the teacher chose', selectionText(data), rankedSheets(data.selection))}
${section('curves', 'How they learned', `Over images processed; the student’s fine-tuning follows its pre-training, after the dashed line. ${trainingNote(data)}`, learningCurves(data))}
${section('classes', 'Class by class', 'F1, the balance of finding a class’s images and of being right about them. The gain is the fine-tuned student’s over the labels alone, in points.', classTable(data))}
${confusionSection(data)}
${section('origins', 'Where the numbers come from', 'Each run is a folder in runs/ with its recipe, curves, model and lists of images.', [runTable(data), recipeDetails(data), problemDetails(data), missingNote(data)])}
${section('words', 'Words', undefined, glossary())}
</main>
</body>
</html>
`;
  return page.markup;
}

function confusionSection(data: ReportData): Markup {
  return hasSeveralLabels(data.models)
    ? section(
        'confusion',
        'How well each class is found',
        'Average precision: the mean, over the images that are of a class, of the precision down to each in the ranking by score. The threshold is the probability from which on the model is taken to say the class; it was chosen on all held-out images, and F1 above judges each half of them by what the other half chose.',
        confusionMatrices(data),
      )
    : section(
        'confusion',
        'What is taken for what',
        'Rows are the true class, columns the first guess, numbers are images. The stronger the shade, the larger the share of the row.',
        confusionMatrices(data),
      );
}

function section(id: string, title: string, lead: string | undefined, content: Content): Markup {
  const text = lead === undefined ? undefined : html`<p class="lead">${lead}</p>`;
  return html`<section aria-labelledby="${id}"><h2 id="${id}">${title}</h2>${text}${content}</section>`;
}

function selectionText({ selection }: ReportData): string {
  const left = `${thousands(selection.excludedLeaks)} images that repeat a held-out one and ${thousands(selection.excludedNearDuplicates)} near-copies were left out before.`;
  return `For each class, the unlabelled images by the teacher’s score: some of those above the K line, spread over the ranks, and the first ones below it. What is above trained the student, at most ${thousands(selection.k)} a class. ${left}`;
}
