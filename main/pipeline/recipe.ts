/**
 * Reading recipes: built-in ones by name, files, single settings. Every mistake becomes one sentence that names the
 * location, the value found and what would be right. The contents of a recipe are defined in `recipe-schema.ts`.
 */
import { readFile } from 'node:fs/promises';
import { isDeepStrictEqual } from 'node:util';
import { closest } from 'fastest-levenshtein';
import type { z } from 'zod';
import { messageOf, WrongUsage } from '../failure.ts';
import { localPath } from '../local-path.ts';
import { builtInRecipes } from './built-in-recipes.ts';
import { type Recipe, recipeSchema, type Training } from './recipe-schema.ts';

export class RecipeInvalid extends WrongUsage {}

type Group = Record<string, unknown>;
type Path = readonly PropertyKey[];

/** Throws `RecipeInvalid`, naming the first key or value that is wrong. */
export function parseRecipe(input: unknown): Recipe {
  const parsed = recipeSchema.safeParse(input);
  if (parsed.success) return parsed.data;
  const [issue] = parsed.error.issues;
  throw new RecipeInvalid(issue ? issueText(issue, input) : 'The recipe is not valid.');
}

/** A built-in recipe, or a JSON file. */
export async function loadRecipe(nameOrPath: string): Promise<Recipe> {
  if (Object.hasOwn(builtInRecipes, nameOrPath)) return parseRecipe(builtInRecipes[nameOrPath]);
  const path = localPath(nameOrPath, 'file');
  let text: string;
  try {
    text = await readFile(path, 'utf8');
  } catch {
    const names = Object.keys(builtInRecipes).join(', ');
    throw new RecipeInvalid(`There is no recipe “${nameOrPath}”: give a JSON file or one of ${names}.`);
  }
  try {
    // Some editors start a file with a byte order mark, which JSON.parse refuses.
    return parseRecipe(withoutChecksum(JSON.parse(text.replace(/^\uFEFF/, ''))));
  } catch (error) {
    if (error instanceof SyntaxError) throw new RecipeInvalid(`${nameOrPath} is not JSON: ${messageOf(error)}.`);
    throw error;
  }
}

/** A project's recipe.json carries a checksum, which is meaningless elsewhere or after editing. */
function withoutChecksum(input: unknown): unknown {
  if (!isGroup(input)) return input;
  const { checksum: _, ...recipe } = input;
  return recipe;
}

/**
 * Changes single values: `select.k=2000`, `student.model=resnet50`. Values are JSON or bare words. A new `kind` drops
 * settings that only the old kind had, and is applied first, so that the settings may come in any order. A change to
 * how the teacher is trained implies training one: a teacher that the recipe named by its run is no longer used. Other
 * starting weights, or another optimiser, reset the peak rates that were chosen for the previous ones.
 */
export function applySettings(recipe: Recipe, settings: readonly string[]): Recipe {
  const changed: Group = structuredClone(recipe);
  const isKind = ([path]: readonly [string, unknown]) => Number(path.endsWith('.kind'));
  const inOrder = settings.map(splitSetting).sort((a, b) => isKind(b) - isKind(a));
  for (const [path, value] of inOrder) applySetting(changed, path, value);
  const asked = parseRecipe(changed);
  const parsed = withFitting(recipe, asked, new Set(inOrder.map(([path]) => path)));
  const sameTeacher = isDeepStrictEqual(recipe.teacher, parsed.teacher);
  const named = inOrder.some(([path]) => path === 'teacher.run');
  return sameTeacher || named ? parsed : { ...parsed, teacher: { ...parsed.teacher, run: null } };
}

/** Settings for brought weights do not apply to random ones. */
function withoutStaleTuning<Part extends Recipe['student']>(
  path: string,
  before: Part,
  after: Part,
  given: Given,
): Part {
  const left = before.startFrom !== null && after.startFrom === null;
  if (!left || [...given].some((setting) => setting.startsWith(`${path}.tuning`))) return after;
  return { ...after, tuning: recipeSchema.shape.student.parse({ model: after.model }).tuning };
}

type Given = ReadonlySet<string>;

/** Resets the rate of each training whose start or optimiser changed, unless the rate was given. */
function withFitting(before: Recipe, after: Recipe, given: Given): Recipe {
  const open = <Own extends Training>(path: string, old: Training, training: Own, starts: boolean): Own => {
    const other = starts || old.optimiser.kind !== training.optimiser.kind;
    if (!other || given.has(`${path}.schedule.peakRate`)) return training;
    return { ...training, schedule: { ...training.schedule, peakRate: 'auto' } };
  };
  const teacher = before.teacher.startFrom !== after.teacher.startFrom;
  const student = before.student.startFrom !== after.student.startFrom;
  const { supervised } = after;
  return {
    ...after,
    teacher: {
      ...withoutStaleTuning('teacher', before.teacher, after.teacher, given),
      training: open('teacher.training', before.teacher.training, after.teacher.training, teacher),
    },
    student: withoutStaleTuning('student', before.student, after.student, given),
    supervised: {
      ...supervised,
      training: open('supervised.training', before.supervised.training, supervised.training, student),
    },
    pretrain: open('pretrain', before.pretrain, after.pretrain, student),
    finetune: open('finetune', before.finetune, after.finetune, false),
  };
}

function applySetting(recipe: Group, path: string, value: unknown): void {
  const keys = path.split('.');
  let place = recipe;
  for (const [depth, key] of keys.slice(0, -1).entries()) {
    requireKnown(keys.slice(0, depth + 1), recipe);
    // A group that is left out, such as the teacher's tags, is given by the first of its settings.
    if ((place[key] ?? null) === null && keysAt(recipeSchema, keys.slice(0, depth + 1), recipe).length > 0)
      place[key] = {};
    const inner = place[key];
    if (!isGroup(inner)) throw new RecipeInvalid(`The recipe has no setting “${path}”: ${key} is a single value.`);
    place = inner;
  }
  requireKnown(keys, recipe);
  const last = keys.at(-1) ?? '';
  if (last === 'kind' && kindOf(keys.slice(0, -1), place) !== value) {
    const { peakRate } = place;
    for (const key of Object.keys(place)) delete place[key];
    if (typeof peakRate === 'number') place.peakRate = peakRate;
  }
  place[last] = value;
}

/** SGD is the implicit kind. */
function kindOf(path: readonly string[], group: Group): unknown {
  return group.kind ?? (path.at(-1) === 'optimiser' ? 'sgd' : undefined);
}

function splitSetting(setting: string): [string, unknown] {
  const at = setting.indexOf('=');
  if (at < 1) throw new RecipeInvalid(`“${setting}” is not a setting: write key=value, such as select.k=2000.`);
  const text = setting.slice(at + 1);
  try {
    return [setting.slice(0, at), JSON.parse(text)];
  } catch {
    return [setting.slice(0, at), text];
  }
}

function requireKnown(path: readonly string[], recipe: Group): void {
  const key = path.at(-1) ?? '';
  const known = keysAt(recipeSchema, path.slice(0, -1), recipe);
  if (!known.includes(key)) throw new RecipeInvalid(unknownKeyText(path.slice(0, -1), key, known));
}

/** The keys allowed at `path`; for a group with kinds, those of the kind that `value` has, or else of all kinds. */
function keysAt(schema: z.core.$ZodType, path: Path, value: unknown): string[] {
  const { def } = (schema as z.core.$ZodTypes)._zod;
  switch (def.type) {
    case 'object': {
      const [key, ...rest] = path;
      if (key === undefined) return Object.keys(def.shape);
      const inner = def.shape[String(key)];
      return inner ? keysAt(inner, rest, isGroup(value) ? value[String(key)] : undefined) : [];
    }
    case 'default':
    case 'prefault':
    case 'nullable':
    case 'optional':
      return keysAt(def.innerType, path, value);
    case 'union': {
      const ofKind = def.options.filter((option) => isGroup(value) && hasKind(option, value.kind));
      return [...new Set((ofKind.length > 0 ? ofKind : def.options).flatMap((option) => keysAt(option, path, value)))];
    }
    default:
      return [];
  }
}

function hasKind(schema: z.core.$ZodType, kind: unknown): boolean {
  return schema._zod.propValues?.kind?.has(kind as z.core.util.Primitive) ?? false;
}

function issueText(issue: z.core.$ZodIssue, input: unknown): string {
  if (issue.code === 'unrecognized_keys') {
    const [key = ''] = issue.keys;
    return unknownKeyText(issue.path, key, keysAt(recipeSchema, issue.path, input));
  }
  const place = issue.path.length > 0 ? `The recipe's ${issue.path.join('.')}` : 'The recipe';
  const value = issue.path.reduce<unknown>((outer, key) => (outer as Group | undefined)?.[String(key)], input);
  const found = value === undefined ? 'is missing' : `is ${shortened(JSON.stringify(value))}`;
  return `${place} ${found}: it must be ${allowedText(issue)}.`;
}

const TYPE_TEXTS: Readonly<Record<string, string>> = {
  int: 'a whole number',
  number: 'a number',
  string: 'a text',
  boolean: 'true or false',
  array: 'a list',
  object: 'a group of settings, {…}',
};

/** What would be right where `issue` was found, phrased to follow “it must be”. */
function allowedText(issue: z.core.$ZodIssue): string {
  switch (issue.code) {
    case 'invalid_type':
      return TYPE_TEXTS[issue.expected] ?? issue.expected;
    case 'invalid_value':
      return issue.values.join(' or ');
    case 'too_small':
      return `${issue.inclusive ? 'at least' : 'more than'} ${issue.minimum}${issue.origin === 'array' ? ' long' : ''}`;
    case 'too_big':
      return `${issue.inclusive ? 'at most' : 'less than'} ${issue.maximum}${issue.origin === 'array' ? ' long' : ''}`;
    case 'invalid_union': {
      const options = 'options' in issue && Array.isArray(issue.options) ? issue.options : [];
      // Absence counts as a kind too if one is implicit.
      const kinds = options.filter((kind) => kind !== undefined);
      return [...issue.errors.flat().map(allowedText), ...kinds].join(' or ');
    }
    default:
      return issue.message;
  }
}

function unknownKeyText(group: readonly PropertyKey[], key: string, known: readonly string[]): string {
  const settingOf = (name: string) => [...group, name].join('.');
  const hint = known.length > 0 ? `; did you mean “${settingOf(closest(key, [...known]))}”?` : '.';
  return `The recipe has no setting “${settingOf(key)}”${hint}`;
}

function shortened(text: string): string {
  return text.length > 40 ? `${text.slice(0, 40)}…` : text;
}

function isGroup(value: unknown): value is Group {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
