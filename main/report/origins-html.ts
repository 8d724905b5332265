/** Where the numbers come from: the runs, the recipe with its reasons, the files left out; and a glossary. */
import { html, type Markup } from './html.ts';
import { missingText } from './missing-text.ts';
import { duration, thousands } from './numbers.ts';
import type { ReportData } from './report-data.ts';

const WORDS: readonly (readonly [string, string])[] = [
  ['Teacher', 'the larger network, trained on the labelled images; it names and ranks the unlabelled ones.'],
  ['Student', 'the smaller network, which is the goal of the method.'],
  ['K line', 'how many of the best-ranked images of each class train the student.'],
  ['Score', 'the probability that the teacher gives a class for an image, from 0 to 1.'],
  ['Held out', 'labelled images that no training saw, kept to judge the models.'],
  ['Top-1, top-5', "the share of images whose true class is the model's first guess, or among its first five."],
  [
    'mAP, micro F1',
    'where images have several classes: the mean of the classes’ average precisions, and F1 of all answers together.',
  ],
  ['95 % interval', 'where the value would lie in 95 of 100 repetitions with other images of the same kind.'],
  ['Precision, recall', "how often a named class is right; how many of a class's images are found."],
  ['F1', 'one number for precision and recall together; high only when both are.'],
  ['Labels only', 'the same student without any unlabelled image: what the method has to beat.'],
];

export function runTable({ runs }: ReportData): Markup {
  const rows = runs.map(({ id, stage, seed, device, seconds, imagesPerSecond }) => {
    const rate = imagesPerSecond === undefined ? '' : thousands(Math.round(imagesPerSecond));
    return html`<tr><th scope="row">${stage}</th><td class="text"><code>${id}</code></td><td>${seed}</td><td class="text">${device}</td><td>${duration(seconds)}</td><td>${rate}</td></tr>`;
  });
  return html`<div class="scroll" tabindex="0" role="region" aria-label="Runs"><table class="numbers"><thead><tr><th scope="col">Stage</th><th scope="col" class="text">Run</th><th scope="col">Seed</th><th scope="col" class="text">Device</th><th scope="col">Time</th><th scope="col">Images/s</th></tr></thead><tbody>${rows}</tbody></table></div>`;
}

export function recipeDetails({ recipe, explanations }: ReportData): Markup {
  const rows = explanations.map(
    ({ path, value, because }) =>
      html`<tr><th scope="row"><code>${path}</code></th><td>${typeof value === 'number' ? thousands(value) : value}</td><td class="text">${because}</td></tr>`,
  );
  const reasons =
    rows.length === 0
      ? undefined
      : html`<h3>What the recipe left to the collection</h3><div class="scroll" tabindex="0" role="region" aria-label="Automatic values"><table class="numbers"><thead><tr><th scope="col">Setting</th><th scope="col">Value</th><th scope="col" class="text">Because</th></tr></thead><tbody>${rows}</tbody></table></div>`;
  return html`${reasons}<details><summary>The whole recipe</summary><pre tabindex="0">${JSON.stringify(recipe, undefined, 2)}</pre></details>`;
}

export function missingNote({ collection: { missing } }: ReportData): Markup | undefined {
  return missing === 0 ? undefined : html`<p>${missingText(missing)}</p>`;
}

export function problemDetails({ collection: { problems, problemFiles } }: ReportData): Markup | undefined {
  if (problems === 0) return undefined;
  const items = problemFiles.map(({ path, reason }) => html`<li><code>${path}</code>: ${reason}</li>`);
  const more = problems > items.length ? html`<li>and ${thousands(problems - items.length)} more</li>` : undefined;
  return html`<details><summary>Left out as unreadable: ${thousands(problems)} files</summary><ul class="files">${items}${more}</ul></details>`;
}

export function glossary(): Markup {
  const entries = WORDS.map(([word, meaning]) => html`<div><dt>${word}</dt><dd>${meaning}</dd></div>`);
  return html`<dl class="words">${entries}</dl>`;
}
