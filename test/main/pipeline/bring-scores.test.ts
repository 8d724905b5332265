import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { literal } from '../../../main/catalogue/database.ts';
import type { Project } from '../../../main/catalogue/project.ts';
import { loadSelection } from '../../../main/catalogue/selection.ts';
import { bring } from '../../../main/pipeline/bring-teacher.ts';
import { checkProject } from '../../../main/pipeline/check-project.ts';
import { exportRun } from '../../../main/pipeline/export-run.ts';
import { readRun } from '../../../main/pipeline/runs.ts';
import { COLOURS, colouredProject, firstClasses, runAll } from './coloured-project.ts';

const root = mkdtempSync(join(tmpdir(), 'understudy-scores-'));
let project: Project;
beforeAll(async () => {
  project = await colouredProject(root);
});
afterAll(async () => {
  await project.close();
  rmSync(root, { recursive: true });
});

function table(name: string, text: string | Buffer): string {
  writeFileSync(join(root, name), text);
  return join(root, name);
}

/** Right about every unlabelled image; the labelled ones are not included. */
const RIGHT = COLOURS.flatMap((name) =>
  [0, 1, 2, 3].map((index) => `${name}-${index}.png,${name.toUpperCase()},0.${index + 5}`),
);

test('a table of scores is the teacher, to the end', async () => {
  const file = table(
    'right.csv',
    `path,class,score\n${RIGHT.join('\n')}\nelsewhere.png,green,0.5\nblue-9.png,BLUE,none\n`,
  );
  const { sentences, kind, id } = await bring(project, file, {});
  expect(kind).toBe('scores');
  expect(sentences).toEqual([
    "4 of its 4 classes correspond to 3 of the project's 3, some of them together.",
    '12 images of the project have scores.',
    '2 images of the table are not in the project (blue-9.png, elsewhere.png).',
    '1 row has no number as its score and is left out.',
    expect.stringMatching(
      /^Of the \d+ held-out images 0 have scores: in the comparison the teacher is wrong about the others\.$/,
    ),
  ]);
  const notes: string[] = [];
  // Nothing listens there, and nothing has to.
  const fleet = new URL('redis://127.0.0.1:1');
  const { runs, collection } = await runAll(project, 'evaluate', {
    fleet,
    tell: (event) => event.kind === 'noted' && notes.push(event.message),
  });
  expect(runs.teacher.id).toBe(id);
  expect(notes).toContainEqual(
    expect.stringMatching(/^This teacher is not one of Understudy’s own networks .* the fleet gets nothing/),
  );
  const found = await firstClasses(project, runs.label?.id ?? '');
  expect(found.size).toBe(12);
  for (const [path, name] of found) expect(path).toContain(`${name}-`);
  // For each image the scores of the table, and no further class.
  const table12 = await project.scores.table(runs.label?.id ?? '');
  expect(await project.database.number(`SELECT count(*) FROM ${table12}`)).toBe(12);
  const selected = await loadSelection(project, runs.select?.id ?? '');
  expect(selected.imageIds).toHaveLength(12);
  expect(runs.evaluate?.metrics.teacherTop1).toBe(0);
  expect(collection.classNames).toHaveLength(3);
  for await (const verdict of checkProject(project, new AbortController().signal))
    expect(verdict.state).not.toBe('damaged');
  const run = await readRun(project, id);
  if (!run) throw new Error('no run');
  await expect(exportRun(project, run, 'onnx', mkdtempSync(join(root, 'out-')))).rejects.toThrow(
    /is a table of scores/,
  );
});

test('images are known by their whole path, by their number, with folders separated as on Windows; repeated rows count once', async () => {
  const rows = await project.database.rows('SELECT id, relative_path FROM images ORDER BY id');
  const idOf = (path: string) => Number(rows.find((row) => row.relative_path === path)?.id);
  const lines = [
    `"${join(root, 'unlabelled', 'Crimson-0.png')}";Crimson;0,9`,
    `${idOf('green-0.png')};green;3`,
    `${idOf('green-0.png')};green;-4.5`,
    '.\\BLUE-0.png;blue;7',
  ];
  const file = table('paths.csv', `Image ID;Prediction;how sure\r\n${lines.join('\r\n').replace('0,9', '12.25')}\r\n`);
  const columns = { imageColumn: 'Image ID', scoreColumn: 'how sure' };
  const { sentences } = await bring(project, file, columns);
  expect(sentences).toContain('3 images of the project have scores.');
  expect(sentences).toContain('1 row repeats an image and a class: the highest score counts.');
  expect(sentences).toContain('The scores go from 3 to 12.25: they rank images, but are not probabilities.');
  const { runs } = await runAll(project, 'label');
  const found = await firstClasses(project, runs.label?.id ?? '');
  expect([...found].sort()).toEqual([
    ['BLUE-0.png', 'BLUE'],
    ['Crimson-0.png', 'Crimson'],
    ['green-0.png', 'green'],
  ]);
});

test('Parquet, with numbers for classes and a table of what they mean', async () => {
  const file = join(root, 'scores.parquet');
  const values = RIGHT.map((line) => line.split(',')).map(
    ([path = '', name = '', score = '']) =>
      `(${literal(path)}, ${['CRIMSON', 'GREEN', 'BLUE'].indexOf(name)}, ${score}::DOUBLE)`,
  );
  await project.database.run(
    `COPY (SELECT * FROM (VALUES ${values.join(', ')}) t(filename, label, confidence)) TO ${literal(file)} (FORMAT parquet)`,
  );
  await expect(bring(project, file, {})).rejects.toThrow(/None of its 3 classes \(0, 1, 2\)/);
  const map = table('map.csv', '0,crimson\n1,green\n2,blue\n');
  await bring(project, file, { map });
  const { runs } = await runAll(project, 'label');
  for (const [path, name] of await firstClasses(project, runs.label?.id ?? '')) expect(path).toContain(`${name}-`);
});

test('a table brought again after images were added scores those too', async () => {
  const file = table('again.csv', `path,class,score\n${RIGHT.join('\n')}\n`);
  const first = await bring(project, file, {});
  expect((await bring(project, file, {})).id).toBe(first.id);
  await project.database.run("UPDATE images SET relative_path = 'BLUE-7.png' WHERE relative_path = 'BLUE-3.png'");
  const second = await bring(project, file, {});
  expect(second.id).not.toBe(first.id);
  expect(second.sentences).toContain('11 images of the project have scores.');
  await project.database.run("UPDATE images SET relative_path = 'BLUE-3.png' WHERE relative_path = 'BLUE-7.png'");
});

test('a file that is not a table of scores is refused in a sentence and changes nothing', async () => {
  const refused = async (name: string, content: string | Buffer, sentence: RegExp, corrections = {}) => {
    const error = await bring(project, table(name, content), corrections).catch((reason: unknown) => reason);
    expect(String(error)).toMatch(sentence);
    expect(String(error).split('\n')).toHaveLength(1);
  };
  const head = 'path,class,score\n';
  await refused('empty.csv', '', /is empty|not a readable table/);
  await refused('header.csv', head, /has no classes|no row/);
  await refused('notes.csv', 'what,ever\n1,2\n', /it is not clear which is the image \(--image-column\)/);
  await refused('half.csv', 'path,class,points\nBLUE-0.png,blue,1\n', /which is the score \(--score-column\)/);
  await refused('option.csv', `${head}BLUE-0.png,blue,1\n`, /which is the score/, { scoreColumn: 'nothing' });
  await refused('unnamed.csv', `${head}BLUE-0.png,blue,1\n`, /which is the score/, { scoreColumn: '' });
  await refused('away.csv', `${head}nowhere.png,blue,1\n`, /No image in the column “path” .* \(nowhere\.png\)/);
  await refused('classes.csv', `${head}BLUE-0.png,hand,1\n`, /None of its 1 classes \(hand\)/);
  await refused(
    'words.csv',
    `${head}BLUE-0.png,blue,much\nBLUE-1.png,blue,NaN\n`,
    /No row of .* has a number in the column “score”/,
  );
  await refused('no.parquet', 'PAR1 this is none', /is not a readable table/);
  await refused(
    'bytes.csv',
    Buffer.from([0xff, 0xfe, 0x00, 0x01, 0x80, 0x0a]),
    /is text in UTF-16: save it as CSV in UTF-8/,
  );
  await refused('long.csv', `${head}${'x'.repeat(3_000_000)},blue,1\n`, /is not a readable table/);
  await expect(bring(project, join(root, 'absent.csv'), {})).rejects.toThrow(/There is no file/);
});
