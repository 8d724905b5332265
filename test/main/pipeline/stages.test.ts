import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { stageRun } from '../../../main/pipeline/stage.ts';
import {
  comparedModels,
  continuedStage,
  goalNames,
  modelAs,
  modelNames,
  modelOf,
  stageNames,
  stages,
} from '../../../main/pipeline/stages.ts';

it('lists each stage after those that it builds on, and no goal before the one that precedes it', () => {
  for (const [place, name] of stageNames.entries()) {
    for (const parent of stages[name].parents) expect(stageNames.indexOf(parent)).toBeLessThan(place);
  }
  const goals = stageNames.map((name) => goalNames.indexOf(stages[name].goal));
  expect(goals).toEqual(goals.toSorted((a, b) => a - b));
  expect(new Set(goals).size).toBe(goalNames.length);
});

it('knows which stage trains which model of a comparison', () => {
  expect(modelNames).toEqual(['teacher', 'supervised', 'pretrained', 'finetuned']);
  expect(modelNames.map((name) => modelOf(comparedModels[name].stage))).toEqual(modelNames);
  expect([modelAs('teacher'), modelAs('baseline'), modelAs('result')]).toEqual(['teacher', 'supervised', 'finetuned']);
  expect(modelOf('select')).toBeUndefined();
  expect(stageNames.map(continuedStage)).toEqual([
    ...[undefined, undefined, undefined, undefined, undefined, undefined],
    ...['pretrain', undefined],
  ]);
});

it('names runs of the first revision as the last release did, and those of a later one differently', () => {
  const inputs = {
    stage: 'label',
    seed: 3,
    parameters: { topP: 2 },
    parents: [{ id: 'teacher-1', key: 'abc' }],
  } as const;
  expect(stageRun(inputs, 1).id).toBe('label-f892f2f3e12e');
  const names = [1, 2, 3].map((revision) => stageRun(inputs, revision).id);
  expect(new Set(names).size).toBe(3);
});

it('is the only place, with the method beside it, where a stage of the student is named', () => {
  const files = ['main', 'renderer'].flatMap((folder) =>
    readdirSync(folder, { recursive: true, encoding: 'utf8' })
      .filter((name) => /\.tsx?$/.test(name))
      .map((name) => join(folder, name)),
  );
  const naming = files.filter((file) => /'(supervised|pretrain|finetune)'/.test(readFileSync(file, 'utf8')));
  expect(naming.sort()).toEqual([
    'main/pipeline/method.ts',
    // A recipe's settings are named after the training they are for: here, and in the two files that resolve and
    // advise.
    'main/pipeline/optimiser-advice.ts',
    'main/pipeline/recipe.ts',
    'main/pipeline/resolve-recipe.ts',
    'main/pipeline/stages.ts',
    'main/pipeline/trainings.ts',
    'renderer/training/recipe-fields.ts',
  ]);
});
