import { expect, it } from 'vitest';
import { applyChosenSelection } from '../../../main/pipeline/chosen-selection.ts';
import { applySettings, parseRecipe } from '../../../main/pipeline/recipe.ts';
import { resolveRecipe } from '../../../main/pipeline/resolve-recipe.ts';

const recipe = parseRecipe({ label: { topP: 3 }, select: { k: 100 } });
const NOTHING_GIVEN: ReadonlySet<string> = new Set();
const facts = { labelled: 100, unlabelled: 1000, classes: 12, medianImageSizePx: 32 };

it('the line that a person drew stands over the recipe', () => {
  const chosen = { k: 40, order: 'random', balanced: false, leakGuard: false, nearDuplicateGuard: false } as const;
  const applied = applyChosenSelection(recipe, chosen, NOTHING_GIVEN, 1000);
  expect(applied.select).toEqual(chosen);
  expect({ ...applied, select: recipe.select }).toEqual(recipe);
});

it('a precision chosen on the ranks applies, and one removed there does not', () => {
  const wants = applySettings(recipe, ['select.precision=0.7']);
  const resolved = (chosen: number | null | undefined, given = NOTHING_GIVEN) =>
    resolveRecipe(applyChosenSelection(wants, { precision: chosen }, given, 1000), facts).recipe.select.precision;
  expect([resolved(undefined), resolved(0.9), resolved(null)]).toEqual([0.7, 0.9, undefined]);
  expect(resolved(0.9, new Set(['select.precision']))).toBe(0.7);
});

it('a value given with the run stands over the line, and the others of the line stay', () => {
  const given = applySettings(recipe, ['select.k=70']);
  const applied = applyChosenSelection(given, { k: 40, balanced: false }, new Set(['select.k']), 1000);
  expect(applied.select).toMatchObject({ k: 70, balanced: false });
});

it('a line behind the last image is a line at the last image', () => {
  expect(applyChosenSelection(recipe, { k: 5000 }, NOTHING_GIVEN, 1000).select.k).toBe(1000);
});

it('a smaller P labels as before and a larger one anew', () => {
  const topP = (chosen: number, label: number | 'auto') => {
    const applied = applyChosenSelection(
      { ...recipe, label: { ...recipe.label, topP: label } },
      { topP: chosen },
      NOTHING_GIVEN,
      1000,
    );
    const { recipe: resolved } = resolveRecipe(applied, facts);
    return [resolved.label.topP, resolved.select.topP];
  };
  expect(topP(2, 3)).toEqual([3, 2]);
  expect(topP(5, 3)).toEqual([5, 5]);
  expect(topP(2, 'auto')).toEqual([4, 2]);
  expect(topP(6, 'auto')).toEqual([6, 6]);
});
