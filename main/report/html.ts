import { valueAt } from '../value-at.ts';
import { visible } from '../visible.ts';

/**
 * Builds HTML in which outside text cannot become markup: every value in the template is escaped unless it is `Markup`.
 */
const ENTITIES: ReadonlyMap<string, string> = new Map([
  ['&', '&amp;'],
  ['<', '&lt;'],
  ['>', '&gt;'],
  ['"', '&quot;'],
  ["'", '&#39;'],
]);

export interface Markup {
  readonly markup: string;
}

export type Content = string | number | undefined | Markup | readonly Content[];

/** A template: html`<p>${text}</p>`. Lists are joined, undefined is empty. */
export function html(strings: TemplateStringsArray, ...contents: readonly Content[]): Markup {
  return { markup: strings.map((text, index) => text + written(contents[index])).join('') };
}

function written(content: Content): string {
  if (content === undefined) return '';
  if (typeof content === 'string')
    return visible(content).replaceAll(/[&<>"']/g, (character) => valueAt(ENTITIES, character));
  if (typeof content === 'number') return String(content);
  return 'markup' in content ? content.markup : content.map(written).join('');
}
