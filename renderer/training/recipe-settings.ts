/** A person's changes to a recipe, and their form in the API: `key=value` lines. It does not know what is allowed. */

export type SettingValue = number | string | boolean | null;
/** By path, such as `teacher.training.images`. */
export type Changes = Readonly<Record<string, SettingValue>>;

/** Kinds first: choosing a kind of schedule removes the settings of the previous kind. */
export function setLines(changes: Changes): string[] {
  return Object.entries(changes)
    .sort(([a], [b]) => Number(isKind(b)) - Number(isKind(a)) || a.localeCompare(b, 'en'))
    .map(([path, value]) => `${path}=${settingText(value)}`);
}

function isKind(path: string): boolean {
  return path.endsWith('.kind');
}

/** Words are unquoted, unless they would be read as a number, a truth value or null. */
function settingText(value: SettingValue): string {
  if (typeof value !== 'string') return JSON.stringify(value);
  try {
    JSON.parse(value);
    return JSON.stringify(value);
  } catch {
    return value;
  }
}

/** The setting at a path; undefined if there is no single value. */
export function settingAt(recipe: unknown, path: string): SettingValue | undefined {
  const value = path.split('.').reduce<unknown>((outer, key) => (isGroup(outer) ? outer[key] : undefined), recipe);
  return value === null || ['number', 'string', 'boolean'].includes(typeof value) ? (value as SettingValue) : undefined;
}

function isGroup(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null;
}
