import { describe, expect, it } from 'vitest';
import { builtInRecipes } from '../../main/pipeline/built-in-recipes.ts';
import { applySettings, parseRecipe } from '../../main/pipeline/recipe.ts';
import { basicFields, moreFields } from '../../renderer/training/recipe-fields.ts';
import { setLines, settingAt } from '../../renderer/training/recipe-settings.ts';

describe('settings as the workbench reads them', () => {
  it('arrive as they were chosen', () => {
    const changes = {
      'teacher.model': 'resnet34',
      'teacher.training.images': 5000,
      batch: 'auto',
      'supervised.enabled': false,
      'teacher.width': null,
    };
    const recipe = applySettings(parseRecipe(builtInRecipes.demo), setLines(changes));
    for (const [path, value] of Object.entries(changes)) expect(settingAt(recipe, path)).toBe(value);
  });

  it('name the kind of a schedule before its rate, which the kind would take away', () => {
    const changes = { 'finetune.schedule.peakRate': 0.003, 'finetune.schedule.kind': 'cosine' };
    expect(setLines(changes)[0]).toBe('finetune.schedule.kind=cosine');
    const recipe = applySettings(parseRecipe(builtInRecipes.demo), setLines(changes));
    expect(recipe.finetune.schedule).toMatchObject({ kind: 'cosine', peakRate: 0.003 });
  });

  it('exist in the recipe if a form offers them', () => {
    const recipe = parseRecipe(builtInRecipes.default);
    const offered = [
      ...Object.values(basicFields).flat(),
      ...Object.values(moreFields).flatMap((groups) => groups.flatMap(({ fields }) => fields)),
    ];
    for (const { path, absent } of offered) expect(absent ?? settingAt(recipe, path), path).toBeDefined();
  });
});

it('a group of settings is not a single setting', () => {
  expect(settingAt({ teacher: { width: null } }, 'teacher')).toBeUndefined();
  expect(settingAt({ teacher: { width: null } }, 'teacher.width')).toBeNull();
});
