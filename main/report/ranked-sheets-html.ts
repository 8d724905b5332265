/**
 * Every class's ranking as a contact sheet with the K line through it: the images before the line trained the student.
 */
import { html, type Markup } from './html.ts';
import { thousands } from './numbers.ts';
import type { RankedSample, ReportedClass, ReportedSelection } from './report-data.ts';

export function rankedSheets({ k, classes }: ReportedSelection): Markup {
  const shown = classes.filter(({ samples }) => samples.length > 0);
  const rest = classes.length - shown.length;
  const more = rest > 0 ? html`<p class="lead">${thousands(rest)} more classes are in the table below.</p>` : undefined;
  return html`<div class="sheets">${shown.map((entry) => sheet(entry, k))}</div>${more}`;
}

function sheet({ name, candidates, kept, scoreAtCut, samples }: ReportedClass, k: number): Markup {
  const before = samples.filter((sample) => sample.kept);
  const after = samples.filter((sample) => !sample.kept);
  const short = kept < k ? html` <span class="short">${thousands(k - kept)} short of K</span>` : undefined;
  const below =
    after.length > 0
      ? html`<ol class="tiles">${after.map(tile)}</ol>`
      : html`<p class="quiet">No candidate is left below.</p>`;
  return html`<article class="sheet">
<div class="above"><h3>${name} <small>${thousands(kept)} of ${thousands(candidates)} candidates${short}</small></h3><ol class="tiles">${before.map(tile)}</ol></div>
<div class="below"><p class="cut"><b>K line</b> rank ${thousands(kept)}, score ${scoreAtCut.toFixed(2)}</p>${below}</div>
</article>`;
}

function tile({ rank, probability, kept, path, thumbnail }: RankedSample): Markup {
  const text = `Rank ${thousands(rank)}, score ${probability.toFixed(2)}, ${kept ? 'kept' : 'left out'}: ${path}`;
  const picture = thumbnail
    ? html`<img src="data:image/jpeg;base64,${thumbnail}" alt="${text}" title="${text}" loading="lazy">`
    : html`<span class="gone" title="${text}">not there now</span>`;
  return html`<li>${picture}<span class="rank"><b>${thousands(rank)}</b> ${probability.toFixed(2)}</span></li>`;
}
