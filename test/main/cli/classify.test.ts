/**
 * An interrupted classification continues when the same command is run again, and gives the same results as an undisturbed one.
 */
import { copyFileSync, mkdirSync, mkdtempSync, readdirSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest';
import { saveModel } from '../../../main/models/checkpoint.ts';
import { architecture } from '../../../main/models/family.ts';
import { initialState } from '../../../main/models/network.ts';
import { here } from '../command-here.ts';
import { type Finished, startCli } from '../command-line.ts';
import { writeJpeg } from '../image-files.ts';
import { settings } from '../test-settings.ts';

const IMAGES = 70;
const root = mkdtempSync(join(tmpdir(), 'understudy-classify-'));
const images = join(root, 'images');
const model = join(root, 'wide.safetensors');
/** Where libraries leave what they think is theirs; nothing here tells ONNX Runtime that it is tested. */
const home = join(root, 'home');
const ELSEWHERE = {
  ...{ HOME: home, XDG_CACHE_HOME: home, XDG_DATA_HOME: home, XDG_STATE_HOME: home, TMPDIR: home },
  ...{ CI: '', ORT_DISABLE_TELEMETRY: '', ORT_RUNNING_UNIT_TESTS: '' },
};
const journals = join(settings, 'classifications');
/** As a process that can be stopped; otherwise the command runs within this process. */
const start = () => startCli(['classify', model, images], ELSEWHERE);
const again = async () => await here('classify', model, images);
let undisturbed: Finished;

beforeAll(async () => {
  // Like torchvision's wide ResNets: blocks twice as wide inside.
  const network = { ...architecture('resnet50', 3), width: 8, layers: [1, 1], widthPerGroup: 128 };
  const weights = initialState(network, 1);
  await saveModel(model, { network, weights, classNames: ['a', 'b', 'c'], imageSizePx: 32, provenance: {} });
  for (let seed = 1; seed <= 5; seed++) await writeJpeg(join(images, `${seed}.jpg`), { seed });
  for (let copy = 6; copy <= IMAGES; copy++) {
    copyFileSync(join(images, `${1 + (copy % 5)}.jpg`), join(images, `${copy}.jpg`));
  }
  writeFileSync(join(images, 'broken.jpg'), Buffer.from('ffd8ffe0', 'hex'));
  mkdirSync(home);
  undisturbed = await start().finished;
});
beforeEach(() => rmSync(journals, { recursive: true, force: true }));
afterAll(() => rmSync(root, { recursive: true, force: true }));

it('gives an answer for every image, exits, and leaves no files behind', async () => {
  expect(undisturbed).toMatchObject({ code: 0, signal: null });
  expect(undisturbed.stdout.split('\n')).toHaveLength(IMAGES + 2);
  const { code, stdout } = await again();
  expect([code, stdout]).toEqual([0, undisturbed.stdout]);
  expect(readdirSync(journals)).toEqual([]);
});

it('leaves no identifier, log or cache of a library in the user’s folders: nothing is gathered to be sent', () => {
  expect(readdirSync(home, { recursive: true })).toEqual([]);
});

/** Stops the command after its first results; resolves to the number of results. */
async function stoppedBy(signal: NodeJS.Signals): Promise<Finished> {
  const { process: command, finished } = start();
  command.stdout?.on('data', (text) => {
    if (String(text).includes('.jpg')) command.kill(signal);
  });
  return await finished;
}

it.skipIf(process.platform === 'win32').each(['SIGKILL', 'SIGINT'] as const)('continues after %s', async (signal) => {
  const stopped = await stoppedBy(signal);
  expect(undisturbed.stdout.startsWith(stopped.stdout)).toBe(true);
  // A fast machine may be done before the signal arrives.
  if (stopped.code !== 0) expect(readdirSync(journals)).toHaveLength(1);
  const resumed = await again();
  expect([resumed.code, resumed.stdout]).toEqual([0, undisturbed.stdout]);
  expect(resumed.stderr.includes('which were classified before')).toBe(stopped.code !== 0);
  expect(readdirSync(journals)).toEqual([]);
});

it('starts again when an image has changed, and does not use a line that a kill truncated', async () => {
  mkdirSync(journals, { recursive: true });
  await stoppedBy('SIGINT');
  for (const name of readdirSync(journals)) {
    writeFileSync(join(journals, name), '[{"place":0,"path":"', { flag: 'a' });
  }
  const resumed = await again();
  expect([resumed.code, resumed.stdout]).toEqual([0, undisturbed.stdout]);

  await stoppedBy('SIGINT');
  utimesSync(join(images, '1.jpg'), new Date(0), new Date(0));
  const anew = await again();
  expect([anew.code, anew.stdout]).toEqual([0, undisturbed.stdout]);
  expect(anew.stderr).not.toContain('which were classified before');
});
