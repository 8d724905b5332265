/** A confusion matrix as a real table, shaded by share of the row; the numbers stay readable without the shade. */
import { escaped } from './html.ts';

/** Wider matrices show their worst rows only: a thousand columns help nobody. */
const LARGEST_TABLE = 24;

export function confusionTable(
  caption: string,
  classNames: readonly string[],
  confusion: readonly (readonly number[])[],
): string {
  if (classNames.length > LARGEST_TABLE) return worstMistakes(classNames, confusion);
  const head = classNames.map((name) => `<th scope="col"><span>${escaped(name)}</span></th>`).join('');
  const rows = confusion.map((row, actual) => {
    const images = Math.max(
      1,
      row.reduce((sum, count) => sum + count, 0),
    );
    const cells = row.map((count, predicted) => {
      const kind = predicted === actual ? 'hit' : 'miss';
      return `<td class="${kind}" style="--share:${(count / images).toFixed(3)}">${count === 0 ? '<span class="none">0</span>' : count}</td>`;
    });
    return `<tr><th scope="row">${escaped(classNames[actual] ?? '')}</th>${cells.join('')}</tr>`;
  });
  return `<div class="scroll"><table class="confusion" aria-label="${escaped(`Confusion matrix of ${caption}`)}"><thead><tr><td></td>${head}</tr></thead><tbody>${rows.join('')}</tbody></table></div>`;
}

function worstMistakes(classNames: readonly string[], confusion: readonly (readonly number[])[]): string {
  const mistakes = confusion
    .flatMap((row, actual) => row.map((count, predicted) => ({ actual, predicted, count })))
    .filter(({ actual, predicted, count }) => actual !== predicted && count > 0)
    .sort((a, b) => b.count - a.count)
    .slice(0, LARGEST_TABLE);
  const rows = mistakes.map(
    ({ actual, predicted, count }) =>
      `<tr><th scope="row">${escaped(classNames[actual] ?? '')}</th><td>${escaped(classNames[predicted] ?? '')}</td><td>${count}</td></tr>`,
  );
  return `<div class="scroll"><table><thead><tr><th scope="col">Is</th><th scope="col">Taken for</th><th scope="col">Images</th></tr></thead><tbody>${rows.join('')}</tbody></table></div>`;
}
