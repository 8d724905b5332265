import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { keepRecipe, lastRecipe, RecipeUnreadable } from '../../../main/pipeline/kept-recipe.ts';
import { applySettings, loadRecipe } from '../../../main/pipeline/recipe.ts';

let folder: string;
const project = { path: (...parts: string[]) => join(folder, ...parts) };
const recipePath = () => join(folder, 'recipe.json');

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'understudy-recipe-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

it('is the default before the first run, and then what was kept', async () => {
  expect(await lastRecipe(project)).toEqual(await loadRecipe('default'));
  const own = applySettings(await loadRecipe('default'), ['seed=7', 'select.k=12']);
  expect(await keepRecipe(project, own)).toBeUndefined();
  expect(await lastRecipe(project)).toEqual(own);
  expect(readdirSync(folder)).toEqual(['recipe.json']);
});

it.each([
  ['cut short', '{ "seed": 3, "select": {'],
  ['empty', ''],
  ['a list', '[]'],
  ['of a setting that nobody knows', '{ "sead": 3 }'],
  ['of a value that cannot be', '{ "select": { "k": -2 } }'],
])('stops the work with a sentence for a recipe that is %s, which is never written over', async (_, text) => {
  writeFileSync(recipePath(), text);
  await expect(lastRecipe(project)).rejects.toThrow(RecipeUnreadable);
  await expect(lastRecipe(project)).rejects.toThrow(/recipe\.json cannot be used \(.+\): correct it, or/);
  expect(readFileSync(recipePath(), 'utf8')).toBe(text);

  const asked = await loadRecipe('default');
  expect(await keepRecipe(project, asked)).toBe(`${recipePath()}.damaged`);
  expect(readFileSync(`${recipePath()}.damaged`, 'utf8')).toBe(text);
  expect(await lastRecipe(project)).toEqual(asked);
});

it('distinguishes its own recipe from an edited one, and accepts one without a checksum', async () => {
  await keepRecipe(project, await loadRecipe('default'));
  const text = readFileSync(recipePath(), 'utf8');
  writeFileSync(recipePath(), text.replace('"seed": 0', '"seed": 1'));
  await expect(lastRecipe(project)).rejects.toThrow(/if you changed it yourself, remove the line with its checksum/);
  expect((await loadRecipe(recipePath())).seed).toBe(1);
  writeFileSync(recipePath(), text.replace('"seed": 0', '"seed": 1').replace(/,\s+"checksum": "\w+"/, ''));
  expect(await lastRecipe(project)).toEqual({ ...(await loadRecipe('default')), seed: 1 });
});

it('keeps each one that was put aside', async () => {
  for (const text of ['{', '[']) {
    writeFileSync(recipePath(), text);
    await keepRecipe(project, await loadRecipe('default'));
  }
  expect(readdirSync(folder).sort()).toEqual(['recipe.json', 'recipe.json.damaged', 'recipe.json.damaged-2']);
  expect(readFileSync(`${recipePath()}.damaged-2`, 'utf8')).toBe('[');
});

it('stops the work if the recipe exists but cannot be read', async () => {
  mkdirSync(recipePath());
  await expect(lastRecipe(project)).rejects.toThrow(/it is a folder/);
});
