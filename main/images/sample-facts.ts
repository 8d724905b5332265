/**
 * Annotations stored beside an image in an archive, as webdataset and img2dataset write them: `.json` with any keys,
 * `.cls` with a class, `.txt` with a caption. Extracts the class, the tags and the caption.
 */

/** The user's choice of sources: a key of the `.json`, or `txt` or `cls` for that file itself. */
export interface FactColumns {
  readonly label?: string | null | undefined;
  readonly tags?: string | null | undefined;
  readonly caption?: string | null | undefined;
}

export interface SampleFacts {
  /** Null if there is none. */
  readonly label: string | null;
  /** If images may have several: from a list, or a text separated by semicolons or bars. */
  readonly labels: readonly string[];
  readonly tags: readonly string[];
  readonly caption: string | null;
}

export const sidecarEndings = ['json', 'txt', 'cls'] as const;
export type SidecarEnding = (typeof sidecarEndings)[number];

/** Default keys, in this order. */
export const LABEL_KEYS: readonly string[] = ['class', 'label', 'class_name', 'cls'];
export const TAG_KEYS: readonly string[] = ['tags', 'hashtags', 'keywords'];
export const CAPTION_KEYS: readonly string[] = ['caption', 'txt'];

export class SidecarUnreadable extends Error {}

/** Throws `SidecarUnreadable` if the `.json` is invalid. */
export function factsOf(sidecars: ReadonlyMap<SidecarEnding, string>, columns: FactColumns): SampleFacts {
  const values = new Map<string, unknown>(Object.entries(objectIn(sidecars.get('json'))));
  for (const ending of ['txt', 'cls'] as const) {
    const text = sidecars.get(ending);
    // A key of that name in the .json takes precedence.
    if (text !== undefined && !values.has(ending)) values.set(ending, text.trim());
  }
  return {
    label: firstOf(values, keysOf(columns.label, LABEL_KEYS), labelOf) ?? null,
    labels: firstOf(values, keysOf(columns.label, LABEL_KEYS), labelsOf) ?? [],
    tags: firstOf(values, keysOf(columns.tags, TAG_KEYS), tagsOf) ?? [],
    caption: firstOf(values, keysOf(columns.caption, CAPTION_KEYS), textOf) ?? null,
  };
}

/** Null: explicitly none. */
function keysOf(said: string | null | undefined, usual: readonly string[]): readonly string[] {
  if (said === undefined) return usual;
  return said === null ? [] : [said];
}

function objectIn(json: string | undefined): object {
  if (json === undefined) return {};
  try {
    const value: unknown = JSON.parse(json);
    if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value;
  } catch {}
  throw new SidecarUnreadable('not a JSON object, so that nothing is known of what it says about its image');
}

function firstOf<T>(
  values: ReadonlyMap<string, unknown>,
  keys: readonly string[],
  read: (value: unknown) => T | undefined,
): T | undefined {
  for (const key of keys) {
    const found = read(values.get(key));
    if (found !== undefined) return found;
  }
  return undefined;
}

/** A class is a word or an integer. */
function labelOf(value: unknown): string | undefined {
  return Number.isInteger(value) ? String(value) : textOf(value);
}

function labelsOf(value: unknown): readonly string[] | undefined {
  const several = Array.isArray(value) ? value.map(labelOf) : labelOf(value)?.split(/[;|]/);
  const named = several?.flatMap((name) => (name === undefined || name.trim() === '' ? [] : [name.trim()])) ?? [];
  return named.length === 0 ? undefined : [...new Set(named)];
}

function textOf(value: unknown): string | undefined {
  return typeof value === 'string' && value.trim() !== '' ? value.trim() : undefined;
}

/** A list of words, or a text of them: `#cat #dog`, or separated by commas. */
function tagsOf(value: unknown): readonly string[] | undefined {
  if (Array.isArray(value)) return plainTags(value.filter((tag) => typeof tag === 'string'));
  const text = textOf(value);
  return text === undefined ? undefined : tagsIn(text);
}

export function tagsIn(text: string): readonly string[] {
  return plainTags(text.includes('#') && !text.includes(',') ? text.split(/[\s#]+/) : text.split(/[,;|]/));
}

/** Without duplicates and without `#`. */
function plainTags(tags: readonly string[]): readonly string[] {
  const plain = tags.map((tag) => tag.trim().replace(/^#+/, '').trim().normalize('NFC'));
  return [...new Set(plain.filter((tag) => tag !== ''))];
}
