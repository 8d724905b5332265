/**
 * The recipe that a project uses if none is named: recipe.json in its folder. It carries its checksum, which users who
 * edit the file remove. An unusable recipe stops the work, and is renamed, never overwritten, when another takes its
 * place.
 */
import { readFile } from 'node:fs/promises';
import { putAside, writeTextAtomically } from '../atomic-file.ts';
import type { Project } from '../catalogue/project.ts';
import { ExpectedFailure, messageOf } from '../failure.ts';
import { sealed, unsealed } from '../sealed-json.ts';
import type { Verdict } from '../stored-data.ts';
import { visible } from '../visible.ts';
import { isMissing, whyUnread } from '../why-unread.ts';
import { loadRecipe, parseRecipe, RecipeInvalid } from './recipe.ts';
import type { Recipe } from './recipe-schema.ts';

type Place = Pick<Project, 'path'> & { readonly clipFrames?: number | undefined };

export class RecipeUnreadable extends ExpectedFailure {
  /** What is wrong with it, phrased to stand in brackets. */
  readonly why: string;

  constructor(path: string, why: string) {
    super(
      `The project's recipe ${path} cannot be used (${why}): correct it, or start from a built-in one (on the command line: --recipe default); this one is then kept beside it.`,
    );
    this.why = why;
  }
}

const FILE = 'recipe.json';
const CHANGED = 'it is not what Understudy wrote; if you changed it yourself, remove the line with its checksum';

/** The default before the first run. Throws `RecipeUnreadable`. */
export async function lastRecipe(project: Place): Promise<Recipe> {
  return (await keptRecipe(project))?.recipe ?? (await loadRecipe(defaultRecipe(project)));
}

/** The built-in recipe that a project uses by default. */
export function defaultRecipe({ clipFrames }: Omit<Place, 'path'>): string {
  return clipFrames === undefined ? 'default' : 'clips';
}

/** Undefined before the first run. `proven`: it is unchanged since Understudy wrote it. Throws `RecipeUnreadable`. */
export async function keptRecipe(project: Place): Promise<{ recipe: Recipe; proven: boolean } | undefined> {
  const path = project.path(FILE);
  let text: string;
  try {
    text = (await readFile(path, 'utf8')).replace(/^\uFEFF/, '');
  } catch (error) {
    if (isMissing(error)) return undefined;
    throw new RecipeUnreadable(path, whyUnread(error));
  }
  try {
    // Parsed separately for the position of a syntax error, which helps users who edit the file.
    JSON.parse(text);
    const found = unsealed(FILE, text);
    if (found.kind === 'damaged') throw new RecipeUnreadable(path, CHANGED);
    return { recipe: parseRecipe(found.value), proven: found.proven };
  } catch (error) {
    if (!(error instanceof SyntaxError || error instanceof RecipeInvalid)) throw error;
    // The error message quotes the text around the error, including line breaks.
    throw new RecipeUnreadable(path, visible(messageOf(error).replace(/\.$/, '')));
  }
}

/** Returns the new path of the previous recipe, if that was unusable. */
export async function keepRecipe(project: Place, recipe: Recipe): Promise<string | undefined> {
  const path = project.path(FILE);
  const aside = await keptRecipe(project).then(
    () => undefined,
    async (error: unknown) => {
      if (error instanceof RecipeUnreadable) return await putAside(path);
      throw error;
    },
  );
  await writeTextAtomically(path, `${sealed(FILE, recipe, 2)}\n`);
  return aside;
}

/** Yields nothing before the first run. */
export async function* verifyRecipe(project: Place): AsyncGenerator<Verdict> {
  const file = { kind: 'recipe', path: project.path(FILE) } as const;
  try {
    const kept = await keptRecipe(project);
    if (kept) yield { ...file, state: kept.proven ? 'sound' : 'unproven' };
  } catch (error) {
    if (!(error instanceof RecipeUnreadable)) throw error;
    const wayOut = 'correct it, or name another with --recipe: this one is then kept beside it';
    yield { ...file, state: 'damaged', remade: false, what: 'The recipe', damage: error.why, wayOut };
  }
}
