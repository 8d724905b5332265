/** Labelling with int8, from the command line to the scores. */
import { cpSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { recordRunFiles } from '../../../main/catalogue/run-files.ts';
import { agreementOf } from '../../../main/pipeline/int8-labelling.ts';
import { here } from '../command-here.ts';
import { jsonLines } from '../command-line.ts';
import { createSampleProject, generateMiniature, QUICK } from '../sample-project.ts';

const root = mkdtempSync(join(tmpdir(), 'understudy-int8-'));
const taught = join(root, 'taught');
const WORDS = [...QUICK, 'teacher.training.images=2400', 'engine.threads=1', 'label.partitionImages=64'];

beforeAll(async () => {
  await createSampleProject(taught, await generateMiniature(root));
  expect(await here('teacher', taught, ...WORDS)).toMatchObject({ code: 0 });
});
afterAll(() => rmSync(root, { recursive: true, force: true }));

function copyOf(name: string): string {
  cpSync(taught, join(root, name), { recursive: true });
  return join(root, name);
}

function labelRuns(directory: string): string[] {
  return readdirSync(join(directory, 'runs')).filter((name) => name.startsWith('label-'));
}

function scoresOf(directory: string, run: string): Map<string, string> {
  const folder = join(directory, 'scores', run);
  return new Map(readdirSync(folder).map((name) => [name, readFileSync(join(folder, name)).toString('base64')]));
}

it('is another run, says how far it agrees, and goes on by the same calibration', async () => {
  const directory = copyOf('whole');
  expect(await here('label', directory, ...WORDS)).toMatchObject({ code: 0 });
  const [exact = ''] = labelRuns(directory);
  const labelled = await here('label', directory, ...WORDS, '--int8', '--json');
  expect(labelled).toMatchObject({ code: 0 });
  const [run = ''] = labelRuns(directory).filter((name) => name !== exact);
  const { metrics } = JSON.parse(readFileSync(join(directory, 'runs', run, 'run.json'), 'utf8'));
  expect(metrics.int8Top1).toBeGreaterThanOrEqual(0.95);
  expect(metrics.int8Overlap).toBeGreaterThanOrEqual(0.9);
  expect(metrics.int8Images).toBe(87);
  expect(JSON.stringify(jsonLines(labelled))).toContain('int8 against fp32: on 87 of the images');
  const whole = scoresOf(directory, run);
  expect(whole.get('ranks.bin')).not.toBe(scoresOf(directory, exact).get('ranks.bin'));

  // A partition and the labelling's record are lost: what is missing is recreated with the same bytes.
  const before = readFileSync(join(directory, 'runs', run, 'int8.json'), 'utf8');
  rmSync(join(directory, 'scores', run, 'part-00001.parquet'));
  expect(await here('label', directory, ...WORDS, '--int8')).toMatchObject({ code: 0 });
  expect(scoresOf(directory, run)).toEqual(whole);
  expect(readFileSync(join(directory, 'runs', run, 'int8.json'), 'utf8')).toBe(before);

  // The measurement is damaged and done again.
  writeFileSync(join(directory, 'runs', run, 'int8.json'), '{}');
  expect(await here('label', directory, ...WORDS, '--int8')).toMatchObject({ code: 0 });
  expect(readFileSync(join(directory, 'runs', run, 'int8.json'), 'utf8')).toBe(before);
});

it('is refused in one sentence where it disagrees, in shares, and on what is no processor', async () => {
  const directory = copyOf('refused');
  expect(await here('label', directory, ...WORDS, '--int8')).toMatchObject({ code: 0 });
  const [run = ''] = labelRuns(directory);
  const folder = join(directory, 'runs', run);
  const measured = JSON.parse(readFileSync(join(folder, 'int8.json'), 'utf8'));
  const worse = { ...measured, agreement: { ...measured.agreement, top1: 0.9 } };
  writeFileSync(join(folder, 'int8.json'), JSON.stringify(worse));
  await recordRunFiles(folder, ['int8.json']);
  rmSync(join(directory, 'scores', run, 'part-00000.parquet'));
  const refused = await here('label', directory, ...WORDS, '--int8');
  expect(refused).toMatchObject({ code: 1 });
  expect(refused.stderr).toContain(
    'same first class for 90.0 %, and selects 97.9 % of the same ones; at least 95.0 % and 90.0 % are needed): label without --int8',
  );
  const shared = await here('label', directory, ...WORDS, '--int8', '--partition', '0/2');
  expect(shared).toMatchObject({ code: 1 });
  expect(shared.stderr).toContain('A labelling with int8 is not done in shares');
});

it('agrees as far as first classes and highest sets are the same', () => {
  const exact = { classes: 2, probabilities: Float32Array.of(0.9, 0.1, 0.2, 0.8, 0.7, 0.3, 0.4, 0.6) };
  expect(agreementOf(exact, exact, 0.5)).toEqual({ images: 4, top1: 1, overlap: 1, k: 4 });
  const others = Array.from({ length: 20 }, (_, image) => 0.05 * image);
  const of = (values: readonly number[]) => ({
    classes: 2,
    probabilities: Float32Array.from(values.flatMap((value) => [value, 1 - value])),
  });
  // The highest image of its class becomes the lowest: it leaves one set of ten, and another takes its place.
  const turned = [...others.slice(0, 19), 0];
  expect(agreementOf(of(others), of(turned), 0.5)).toMatchObject({ k: 10, top1: 0.95, overlap: 0.9 });
});
