/** Class names of an external network, from its file or a file beside it, in all common formats. */

const KEYS = /^(class_?names?|classes|labels|names|id2label)$/i;

/** Undefined if there are none, or if they are not a list of the right length. */
export function classNamesIn(metadata: ReadonlyMap<string, string>, outputs: number): readonly string[] | undefined {
  for (const [key, text] of metadata) {
    const names = KEYS.test(key) ? parsedNames(text) : undefined;
    if (names?.length === outputs) return names;
  }
  return undefined;
}

/**
 * Parses a list of names: JSON (a list, an object from numbers to names, or Hugging Face's config with `id2label`), the
 * same as printed by Python, or one name per line. Undefined for anything else.
 */
export function parsedNames(text: string): readonly string[] | undefined {
  const trimmed = text.replace(/^\uFEFF/, '').trim();
  if (trimmed === '') return undefined;
  if (/^[[{]/.test(trimmed)) return fromJson(json(trimmed) ?? json(asJson(trimmed)));
  const lines = trimmed.split(/\r?\n/).map((line) => line.trim());
  // TensorFlow's label files number their lines.
  const numbered = lines.every((line, index) => line.startsWith(`${index} `) || line.startsWith(`${index}\t`));
  const names = numbered ? lines.map((line) => line.replace(/^\d+\s+/, '')) : lines;
  return names.includes('') ? undefined : names;
}

function fromJson(found: unknown): readonly string[] | undefined {
  if (Array.isArray(found)) return found.every((name) => typeof name === 'string') ? found : undefined;
  if (typeof found !== 'object' || found === null) return undefined;
  if ('id2label' in found) return fromJson(found.id2label);
  const names = Array.from({ length: Object.keys(found).length }, (_, index) => Reflect.get(found, String(index)));
  // ImageNet's own index has pairs: the WordNet id, then the name.
  const plain = names.map((name: unknown) => (Array.isArray(name) ? (name as unknown[]).at(-1) : name));
  return plain.every((name) => typeof name === 'string') ? plain : undefined;
}

function json(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** Converts a dict printed by Python: numbers as keys, single quotes, double ones around names with an apostrophe. */
function asJson(text: string): string {
  return text
    .replaceAll(/'((?:[^'\\]|\\.)*)'|"(?:[^"\\]|\\.)*"/g, (whole: string, inner?: string) =>
      inner === undefined ? whole : JSON.stringify(inner.replaceAll("\\'", "'")),
    )
    .replaceAll(/([{,]\s*)(\d+)\s*:/g, '$1"$2":');
}
