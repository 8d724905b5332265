/** The recipe that a project's next run will use: one for all its screens, so that labelling does not train another teacher. */
import { useLocalStorage } from '@mantine/hooks';
import type { Changes } from './recipe-settings.ts';

export interface RecipeChoice {
  /** A built-in recipe by name; null for the project's own. */
  readonly recipe: string | null;
  readonly changes: Changes;
}

const unchanged: RecipeChoice = { recipe: null, changes: {} };

/**
 * After something was brought or chosen for one side: the project's own recipe contains it, and no change here overrides it.
 */
export function withoutSide(side: 'teacher' | 'student', { changes }: RecipeChoice): RecipeChoice {
  const others = Object.entries(changes).filter(([path]) => !path.startsWith(`${side}.`));
  return { recipe: null, changes: Object.fromEntries(others) };
}

/** Kept in the browser, so that reloading loses nothing; the project keeps the recipe itself once a run has started. */
export function useRecipeChoice(projectId: string) {
  return useLocalStorage<RecipeChoice>({
    key: `understudy.recipe.${projectId}`,
    defaultValue: unchanged,
    getInitialValueInEffect: false,
  });
}
