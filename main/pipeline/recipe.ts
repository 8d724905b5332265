/** Reading recipes: built-in ones by name, files, single settings; every mistake named with what would be right. */
import { readFile } from 'node:fs/promises';
import { closest } from 'fastest-levenshtein';
import type { z } from 'zod';
import { messageOf, WrongUsage } from '../failure.ts';
import { builtInRecipes } from './built-in-recipes.ts';
import { type Recipe, recipeSchema } from './recipe-schema.ts';

export class RecipeInvalid extends WrongUsage {}

/** Throws `RecipeInvalid`, naming the first key or value that is wrong. */
export function parseRecipe(input: unknown): Recipe {
  const parsed = recipeSchema.safeParse(input);
  if (parsed.success) return parsed.data;
  const [issue] = parsed.error.issues;
  throw new RecipeInvalid(issue ? issueText(issue, input) : 'The recipe is not valid.');
}

/** A built-in recipe, or a JSON file. */
export async function loadRecipe(nameOrPath: string): Promise<Recipe> {
  const builtIn = builtInRecipes[nameOrPath];
  if (builtIn) return parseRecipe(builtIn);
  let text: string;
  try {
    text = await readFile(nameOrPath, 'utf8');
  } catch {
    const names = Object.keys(builtInRecipes).join(', ');
    throw new RecipeInvalid(`There is no recipe “${nameOrPath}”: give a JSON file or one of ${names}.`);
  }
  try {
    return parseRecipe(JSON.parse(text));
  } catch (error) {
    if (error instanceof SyntaxError) throw new RecipeInvalid(`${nameOrPath} is not JSON: ${messageOf(error)}.`);
    throw error;
  }
}

/** Changes single values: `select.k=2000`, `student.model=resnet50`. Values are JSON or bare words. */
export function applySettings(recipe: Recipe, settings: readonly string[]): Recipe {
  const changed: unknown = structuredClone(recipe);
  for (const setting of settings) {
    const [path, value] = splitSetting(setting);
    const keys = path.split('.');
    const last = keys.pop() ?? '';
    let place = changed as Record<string, unknown>;
    for (const key of keys) {
      const inner = place[key];
      if (typeof inner !== 'object' || inner === null)
        throw new RecipeInvalid(unknownKeyText(path, key, Object.keys(place)));
      place = inner as Record<string, unknown>;
    }
    if (!(last in place)) throw new RecipeInvalid(unknownKeyText(path, last, Object.keys(place)));
    place[last] = value;
  }
  return parseRecipe(changed);
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

function issueText(issue: z.core.$ZodIssue, input: unknown): string {
  if (issue.code === 'unrecognized_keys') {
    const [key = ''] = issue.keys;
    return unknownKeyText([...issue.path, key].join('.'), key, knownKeys(issue.path, input, key));
  }
  const path = issue.path.join('.');
  const detail =
    issue.code === 'invalid_union' ? unionText(issue) : issue.message.replace(/^Invalid (input|option): /, '');
  return `The recipe's ${path || 'content'} is wrong: ${detail}.`;
}

function unionText(issue: Extract<z.core.$ZodIssue, { code: 'invalid_union' }>): string {
  const messages = issue.errors.flat().map(({ message }) => message.replace(/^Invalid (input|option): /, ''));
  return messages.length > 0 ? messages.join(', or ') : issue.message.replace(/^Invalid (input|option): /, '');
}

/** The keys that would be right at `path`: those of the fully defaulted recipe there. */
function knownKeys(path: readonly PropertyKey[], input: unknown, wrong: string): string[] {
  let place: unknown = recipeSchema.parse({});
  for (const key of path) place = (place as Record<PropertyKey, unknown> | undefined)?.[key];
  const given = path.reduce<unknown>((value, key) => (value as Record<PropertyKey, unknown> | undefined)?.[key], input);
  const keys = [...Object.keys(place ?? {}), ...Object.keys(given ?? {})];
  return [...new Set(keys)].filter((key) => key !== wrong);
}

function unknownKeyText(path: string, key: string, known: readonly string[]): string {
  const hint = known.length > 0 ? `; did you mean “${closest(key, [...known])}”?` : '.';
  return `The recipe has no setting “${path}”${hint}`;
}
