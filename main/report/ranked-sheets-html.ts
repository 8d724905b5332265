/** Every class's ranking as a contact sheet with the K line through it: what is before the line trained the student. */
import { escaped } from './html.ts';
import type { RankedSample, ReportedClass, ReportedSelection } from './report-data.ts';
import { thousands } from './report-text.ts';

export function rankedSheets({ k, classes }: ReportedSelection): string {
  return classes.map((entry) => sheet(entry, k)).join('');
}

function sheet({ name, candidates, kept, scoreAtCut, samples }: ReportedClass, k: number): string {
  const before = samples.filter((sample) => sample.kept).map(tile);
  const after = samples.filter((sample) => !sample.kept).map(tile);
  const short = kept < k ? `<span class="short">${thousands(k - kept)} short of K</span>` : '';
  const line = `<li class="kline"><span>K line · rank ${thousands(kept)} · score ${scoreAtCut.toFixed(2)}</span></li>`;
  return `<article class="sheet"><h3>${escaped(name)} <small>${thousands(kept)} of ${thousands(candidates)} candidates ${short}</small></h3>
    <ol class="tiles">${before.join('')}${line}${after.join('')}</ol></article>`;
}

function tile({ rank, probability, kept, path, thumbnail }: RankedSample): string {
  const text = `Rank ${thousands(rank)}, score ${probability.toFixed(2)}, ${kept ? 'kept' : 'not kept'}: ${path}`;
  const picture = thumbnail
    ? `<img src="data:image/jpeg;base64,${thumbnail}" alt="${escaped(text)}" title="${escaped(text)}">`
    : `<span class="gone" title="${escaped(text)}">gone</span>`;
  return `<li class="${kept ? '' : 'below'}">${picture}<span class="rank">${thousands(rank)}</span></li>`;
}
