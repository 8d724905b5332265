/**
 * What a project's method starts from: the files brought, in one line, or random weights and the benefit of a first
 * file.
 */
import { mkdtempSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Project } from '../../../main/catalogue/project.ts';
import { parameterShapes } from '../../../main/models/network.ts';
import { referenceWeights } from '../../../main/models/reference-weights.ts';
import { writeSafetensors } from '../../../main/models/safetensors.ts';
import { beginningOf } from '../../../main/pipeline/beginning.ts';
import { bring } from '../../../main/pipeline/bring-teacher.ts';
import { firstFiles } from '../../../main/pipeline/first-files.ts';
import { keepRecipe } from '../../../main/pipeline/kept-recipe.ts';
import { builtIn, previewRecipe } from '../../../main/pipeline/preview-recipe.ts';
import { bringWeights } from '../../../main/pipeline/starting-weights.ts';
import { here } from '../command-here.ts';
import { drawnProject } from './drawn-project.ts';

let root: string;
let project: Project;

beforeAll(async () => {
  root = mkdtempSync(join(tmpdir(), 'understudy-beginning-'));
  project = await drawnProject(root, ['left', 'right'], 3);
});
afterAll(async () => {
  await project.close();
  rmSync(root, { recursive: true });
});

async function weightsFile(name: string, width: number): Promise<string> {
  const body = { block: 'basic', layers: [1, 1], groups: 1, widthPerGroup: 64, stem: 'small' } as const;
  const network = { ...body, width, classes: 5 };
  const values = referenceWeights(network);
  const tensors = [...parameterShapes(network)].map(
    ([tensor, shape]) => [tensor, { shape, data: values.get(tensor) ?? new Float32Array() }] as const,
  );
  await writeSafetensors(join(root, name), new Map(tensors), { format: 'pt' });
  return join(root, name);
}

const sentence = async (recipe?: string) =>
  (await beginningOf(project, (await previewRecipe(project, recipe, ['label.topP=1', 'select.k=2'])).recipe)).sentence;

test('where nothing was brought, it is said what a first file is worth, and where such files are found', async () => {
  expect(await sentence()).toMatch(
    /^Nothing was brought to begin from\. A few labels teach a network with random weights little.*29\.3 %.*78\.5 %/,
  );
  const { stdout } = await here('bring', '--help');
  for (const { url, licence } of firstFiles) {
    expect(stdout).toContain(url);
    expect(stdout).toContain(licence);
  }
});

test('what was brought is what both networks begin from, also those of the default recipe', async () => {
  await bring(project, await weightsFile('first.safetensors', 8), {});
  const said = 'the teacher begins from first.safetensors, and the student begins from first.safetensors';
  expect(await sentence()).toContain(said);
  expect(await sentence('default')).toContain(said);
  // Other recipes specify their own starting point.
  expect(await sentence('paper')).toContain('Nothing was brought');
});

test('where the recipe is no guide, the default begins from what was brought last', async () => {
  const second = await bringWeights(project, await weightsFile('second.safetensors', 16));
  await keepRecipe(project, builtIn('demo'));
  expect(await sentence()).toContain('Nothing was brought');
  const later = new Date(Date.now() + 60_000);
  utimesSync(project.path('weights', second.id), later, later);
  expect(await sentence('default')).toContain('the teacher begins from second.safetensors');
  writeFileSync(project.path('recipe.json'), '{');
  expect(await sentence('default')).toContain('the teacher begins from second.safetensors');
});
