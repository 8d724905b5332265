/**
 * The report as one HTML file that needs nothing else: no script, no network, light and dark by the reader's system,
 * printable. What it answers first is whether the method paid.
 */
import { confusionTable } from './confusion-html.ts';
import { curveSvg } from './curve-svg.ts';
import { escaped } from './html.ts';
import { rankedSheets } from './ranked-sheets-html.ts';
import { MODEL_NAMES, type ReportData, type ReportedModel } from './report-data.ts';
import { STYLE } from './report-style.ts';
import { percent, points, thousands, verdict } from './report-text.ts';

export function reportHtml(data: ReportData): string {
  const { collection, selection } = data;
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>${escaped(data.project)} · Understudy report</title>
<style>${STYLE}</style>
</head>
<body>
<header>
  <p class="eyebrow">Understudy report</p>
  <h1>${escaped(data.project)}</h1>
  <p class="verdict">${escaped(verdict(data))}</p>
  <dl class="facts">
    ${fact('Labelled', collection.labelled)}${fact('Unlabelled', collection.unlabelled)}${fact('Held out', collection.heldOut)}
    ${fact('Classes', data.classNames.length)}${fact('Selected', total(data))}${fact('Left out as unreadable', collection.problems)}
  </dl>
</header>
<main>
<section aria-labelledby="models">
  <h2 id="models">Did it pay?</h2>
  <p class="lead">Four models on the same ${thousands(collection.heldOut)} held-out images. <em>Top-1</em> is the share whose first guess is right; the interval is where it would lie 95 times out of 100.</p>
  ${modelsTable(data)}
</section>
<section aria-labelledby="selection">
  <h2 id="selection">What the teacher chose</h2>
  <p class="lead">For each class, the unlabelled images ranked by the teacher's score. Those before the <b class="kmark">K line</b> trained the student: at most ${thousands(selection.k)} a class. ${thousands(selection.excludedLeaks)} images that repeat a held-out one and ${thousands(selection.excludedNearDuplicates)} near-copies were left out.</p>
  ${rankedSheets(data.selection)}
</section>
<section aria-labelledby="curves">
  <h2 id="curves">How they learned</h2>
  <div class="cards">${data.models.map(curveCard).join('')}</div>
</section>
<section aria-labelledby="confusion">
  <h2 id="confusion">What is taken for what</h2>
  <p class="lead">Rows are the true class, columns the model's first guess; the darker, the more images.</p>
  <div class="cards wide">${data.models.map(confusionCard(data.classNames)).join('')}</div>
</section>
<section aria-labelledby="classes">
  <h2 id="classes">Class by class</h2>
  ${classTable(data)}
</section>
<section aria-labelledby="runs">
  <h2 id="runs">Where the numbers come from</h2>
  <p class="lead">Seed ${data.seed}, on ${escaped(data.device)}, finished ${escaped(data.createdAt.slice(0, 16).replace('T', ' '))}. Each run is a folder in <code>runs/</code> with its recipe, curves, model and lists of images.</p>
  ${runsTable(data)}
  <details><summary>Recipe</summary><pre>${escaped(JSON.stringify(data.recipe, undefined, 2))}</pre></details>
</section>
</main>
</body>
</html>
`;
}

/** Teacher or student: the two colours that carry meaning, always beside the word. */
function toneOf({ model }: ReportedModel): string {
  return model === 'teacher' ? 'teacher' : 'student';
}

function modelsTable(data: ReportData): string {
  const baseline = data.models.find(({ model }) => model === 'supervised')?.evaluation.top1;
  const rows = data.models.map((entry) => {
    const { model, evaluation } = entry;
    const [low, high] = evaluation.top1Interval;
    const gain = baseline === undefined || model === 'supervised' ? '' : points(evaluation.top1 - baseline);
    return `<tr class="${model === 'finetuned' ? 'result' : ''}"><th scope="row"><span class="badge ${toneOf(entry)}">${toneOf(entry)}</span> ${escaped(MODEL_NAMES[model])}</th>
      <td class="bar"><span class="track"><span class="range ${toneOf(entry)}" style="--low:${low};--high:${high}"></span><span class="point" style="--at:${evaluation.top1}"></span></span></td>
      <td><strong>${percent(evaluation.top1)}</strong></td><td class="quiet">${percent(low)} – ${percent(high)}</td><td>${percent(evaluation.top5)}</td><td>${gain}</td></tr>`;
  });
  return `<div class="scroll"><table class="models"><thead><tr><th scope="col">Model</th><th scope="col"><span class="hidden">Chart</span></th><th scope="col">Top-1</th><th scope="col">95 % interval</th><th scope="col">Top-5</th><th scope="col">Against labels only</th></tr></thead><tbody>${rows.join('')}</tbody></table></div>`;
}

function curveCard(entry: ReportedModel): string {
  const title = MODEL_NAMES[entry.model];
  return `<figure>${curveSvg(title, entry.curve, toneOf(entry))}<figcaption>${escaped(title)}, training loss</figcaption></figure>`;
}

function confusionCard(classNames: readonly string[]): (entry: ReportedModel) => string {
  return ({ model, evaluation }) =>
    `<figure><figcaption>${escaped(MODEL_NAMES[model])}</figcaption>${confusionTable(MODEL_NAMES[model], classNames, evaluation.confusion)}</figure>`;
}

function classTable(data: ReportData): string {
  const head = data.models.map(({ model }) => `<th scope="col">${escaped(MODEL_NAMES[model])}</th>`).join('');
  const rows = data.classNames.map((name, classId) => {
    const cells = data.models
      .map(({ evaluation }) => `<td>${percent(evaluation.classes[classId]?.f1 ?? 0)}</td>`)
      .join('');
    const images = data.models[0]?.evaluation.classes[classId]?.images ?? 0;
    return `<tr><th scope="row">${escaped(name)}</th><td>${thousands(images)}</td>${cells}</tr>`;
  });
  return `<p class="lead">F1, the balance of finding a class's images and of being right about them.</p><div class="scroll"><table><thead><tr><th scope="col">Class</th><th scope="col">Held out</th>${head}</tr></thead><tbody>${rows.join('')}</tbody></table></div>`;
}

function runsTable({ runs }: ReportData): string {
  const rows = runs.map(
    ({ id, seconds, imagesPerSecond }) =>
      `<tr><th scope="row"><code>${escaped(id)}</code></th><td>${seconds.toFixed(1)} s</td><td>${imagesPerSecond === undefined ? '' : `${thousands(Math.round(imagesPerSecond))} images/s`}</td></tr>`,
  );
  return `<div class="scroll"><table><thead><tr><th scope="col">Run</th><th scope="col">Time</th><th scope="col">Rate</th></tr></thead><tbody>${rows.join('')}</tbody></table></div>`;
}

function fact(name: string, value: number): string {
  return `<div><dt>${escaped(name)}</dt><dd>${thousands(value)}</dd></div>`;
}

function total({ selection }: ReportData): number {
  return selection.classes.reduce((sum, { kept }) => sum + kept, 0);
}
