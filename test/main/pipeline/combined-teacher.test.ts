/** Several teachers as one labelling: tables of scores stand in for any kind of teacher. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { at } from '../../../main/at.ts';
import type { Combination } from '../../../main/catalogue/combined-scores.ts';
import { openProject, type Project } from '../../../main/catalogue/project.ts';
import { bring } from '../../../main/pipeline/bring-teacher.ts';
import { checkProject } from '../../../main/pipeline/check-project.ts';
import { sharesBelow, together } from '../../../main/pipeline/combined-teacher.ts';
import { lastRecipe } from '../../../main/pipeline/kept-recipe.ts';
import { readRun } from '../../../main/pipeline/runs.ts';
import { here } from '../command-here.ts';
import { colouredProject, runAll } from './coloured-project.ts';

const root = mkdtempSync(join(tmpdir(), 'understudy-combined-'));
const directory = join(root, 'project');
const teachers: string[] = [];

/** Three images, class by class; the two differ on BLUE-0, and the second has no score for green-1. */
const FIRST = [
  'Crimson-0.png,Crimson,0.9',
  'Crimson-0.png,green,0.1',
  'BLUE-0.png,BLUE,0.6',
  'BLUE-0.png,green,0.4',
  'green-1.png,green,0.8',
];
const SECOND = [
  'Crimson-0.png,Crimson,0.5',
  'Crimson-0.png,green,0.3',
  'BLUE-0.png,BLUE,0.2',
  'BLUE-0.png,green,0.6',
  'Crimson-1.png,Crimson,0.7',
];

beforeAll(async () => {
  const project = await colouredProject(root);
  for (const [index, rows] of [FIRST, SECOND].entries()) {
    const file = join(root, `scores-${index}.csv`);
    writeFileSync(file, `path,class,score\n${rows.join('\n')}\n`);
    teachers.push((await bring(project, file, {})).id);
  }
  await project.close();
});
afterAll(() => rmSync(root, { recursive: true, force: true }));

/** `image class score` of each row, in their order. */
async function labelled(project: Project, run: string): Promise<string[]> {
  const rows = await project.database.rows(
    `SELECT relative_path, classes.name AS class, round(probability::DOUBLE, 4) AS score, rank_in_image
     FROM ${await project.scores.table(run)} scores JOIN images ON images.id = image_id
     JOIN classes ON classes.id = class_id ORDER BY relative_path, rank_in_image`,
  );
  return rows.map(({ relative_path, class: name, score }) => `${relative_path} ${name} ${score}`);
}

it.each<[Combination, readonly string[]]>([
  [
    'mean',
    [
      // Best first, the images by name.
      ...['BLUE-0.png green 0.5', 'BLUE-0.png BLUE 0.4', 'Crimson-0.png Crimson 0.7', 'Crimson-0.png green 0.2'],
      ...['Crimson-1.png Crimson 0.7', 'green-1.png green 0.8'],
    ],
  ],
  ['agreement', ['Crimson-0.png Crimson 0.7']],
  [
    'ranks',
    // Among the four images that either has scores for: Crimson-0 is first and second in its class, third and second
    // for green.
    ['BLUE-0.png BLUE 1', 'BLUE-0.png green 0.75', 'Crimson-0.png Crimson 0.75', 'Crimson-0.png green 0.5'],
  ],
])('by %s their scores are put together image by image', async (how, expected) => {
  const said = await here('combine', directory, ...teachers, '--how', how, '--json');
  expect(said.stderr).toBe('');
  const { run } = JSON.parse(said.stdout) as { run: string };
  const project = await openProject(directory);
  try {
    expect((await lastRecipe(project)).teacher.run).toBe(run);
    expect((await readRun(project, run))?.reason).toContain('They are combined by');
    const { runs } = await runAll(project, 'label');
    expect(runs.teacher.id).toBe(run);
    expect(await labelled(project, runs.label?.id ?? '')).toEqual(expected);
    for await (const verdict of checkProject(project, new AbortController().signal)) {
      expect(verdict.state).not.toBe('damaged');
    }
  } finally {
    await project.close();
  }
});

it('a run that cannot label, one that is named twice, or a single one is refused', async () => {
  const [first = ''] = teachers;
  expect((await here('combine', directory, first)).stderr).toContain('at least two runs');
  expect((await here('combine', directory, first, first)).stderr).toContain('name none of them twice');
  expect((await here('combine', directory, first, 'teacher-none')).stderr).toContain(
    'There is no run teacher-none in this project',
  );
});

it('in the comparison, an answer comes from the members that have one', () => {
  const nothing = Number.NaN;
  const all = [Float32Array.of(0.2, nothing, nothing), Float32Array.of(0.6, 0.5, nothing)];
  const mean = together(all, 'mean');
  expect([at(mean, 0), at(mean, 1)].map((value) => value.toFixed(3))).toEqual(['0.400', '0.500']);
  expect(at(mean, 2)).toBeNaN();
  expect(at(together(all, 'ranks'), 0)).toBeCloseTo(0.2, 6);
  // Two classes of three images: scores on any scale become ranks.
  const shares = sharesBelow(Float32Array.of(7, -1, 9, nothing, 8, -3), 2);
  expect([...shares].map((share) => share.toFixed(2))).toEqual(['0.33', '1.00', '1.00', 'NaN', '0.67', '0.67']);
});
