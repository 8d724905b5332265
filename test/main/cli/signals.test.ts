/** Ctrl+C, a closed pipe and a machine with tight limits, for every command: an exit code, one line, nothing lost. */
import { spawn } from 'node:child_process';
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { commandLine } from '../../../main/cli/command-line.ts';
import { saveModel } from '../../../main/models/checkpoint.ts';
import { architecture } from '../../../main/models/family.ts';
import { initialState } from '../../../main/models/network.ts';
import { goalNames } from '../../../main/pipeline/stages.ts';
import { cli, type Finished, startCli } from '../command-line.ts';
import { createSampleProject, generateMiniature, QUICK } from '../sample-project.ts';

const root = mkdtempSync(join(tmpdir(), 'understudy-signals-'));
const project = join(root, 'project');
const model = join(root, 'model.safetensors');
const dist = (name: string) => fileURLToPath(new URL(`../../../dist/${name}.js`, import.meta.url));
const fixture = (name: string) => fileURLToPath(new URL(`../../fixtures/parity/${name}.json`, import.meta.url));
/** Too long to finish before the signal. */
const LONG = [...QUICK, 'teacher.training.images=1600000'];
const STOPPED = 'Stopped as asked; run the same command again to continue.\n';

let sample: Awaited<ReturnType<typeof generateMiniature>>;

beforeAll(async () => {
  sample = await generateMiniature(root);
  await createSampleProject(project, sample);
  const network = architecture('small-basic', 2);
  const weights = initialState(network, 1);
  await saveModel(model, { network, weights, classNames: ['a', 'b'], imageSizePx: 32, provenance: {} });
});
afterAll(() => rmSync(root, { recursive: true, force: true }));

const commands: readonly (readonly [string, () => readonly string[]])[] = [
  ['run', () => ['run', project, ...QUICK]],
  ['demo', () => ['demo', join(root, 'never-demo')]],
];

const everyCommand: readonly (readonly [string, () => readonly string[]])[] = [
  ...commands,
  ['new', () => ['new', join(root, 'never')]],
  ['add', () => ['add', project, '--unlabelled', sample.unlabelled]],
  ['reconnect', () => ['reconnect', project, '0', sample.labelled]],
  ['bring', () => ['bring', project, model]],
  ['models', () => ['models']],
  ...goalNames.map((name) => [name, () => [name, project]] as const),
  ...(['report', 'status', 'check'] as const).map((name) => [name, () => [name, project]] as const),
  ['keep', () => ['keep', project]],
  ['worker', () => ['worker', 'redis://127.0.0.1:1']],
  ['combine', () => ['combine', project, 'teacher-0', 'teacher-1']],
  ['experiment', () => ['experiment', project, 'fine-tuning']],
  ['transfer', () => ['transfer', join(root, 'never-transferred'), sample.labelled, model]],
  ['label-image', () => ['label-image', project, '0', 'bolt']],
  ['changes', () => ['changes', project]],
  ['delete', () => ['delete', project, 'teacher-0']],
  ['rehearse', () => ['rehearse', project]],
  ['show', () => ['show', project, '0']],
  ['classify', () => ['classify', model, sample.unlabelled]],
  ['export', () => ['export', project, '--what', 'onnx', '--to', root]],
  ['doctor', () => ['doctor']],
  ['parity', () => ['parity', fixture('train-small-grouped-32-16-5')]],
];

/** Loaded before the command: sends the signal as soon as the command listens, before anything else is loaded. */
const AT_ONCE = `
  const on = process.on;
  process.on = function (name, listener) {
    const result = on.call(this, name, listener);
    if (name !== 'SIGTERM') return result;
    process.on = on;
    setImmediate(() => process.kill(process.pid, process.env.SIGNAL_AT_ONCE));
    return result;
  };
`;

describe.skipIf(process.platform === 'win32')('a command stopped while it still loads', () => {
  const hook = join(root, 'at-once.cjs');
  writeFileSync(hook, AT_ONCE);
  const atOnce = (signal: 'SIGINT' | 'SIGTERM') => ({ NODE_OPTIONS: `--require ${hook}`, SIGNAL_AT_ONCE: signal });

  it('covers every command', () => {
    const names = commandLine(new AbortController().signal).commands.map((command) => command.name());
    expect(everyCommand.map(([name]) => name).toSorted()).toEqual(names.toSorted());
  });

  it.each(everyCommand)('%s exits with 130 and one line, and has done nothing', async (_, args) => {
    const before = readdirSync(root, { recursive: true }).sort();
    const { finished } = startCli(args(), atOnce('SIGINT'));
    expect(await finished).toEqual({ code: 130, signal: null, stdout: '', stderr: STOPPED });
    expect(readdirSync(root, { recursive: true }).sort()).toEqual(before);
  });

  it.each(['web', 'bench', 'gpu-check'])('%s does so too on SIGTERM', async (name) => {
    const env = { ...process.env, ...atOnce('SIGTERM') };
    const child = spawn(process.execPath, [dist(name)], { stdio: ['ignore', 'ignore', 'pipe'], env });
    expect(await ended(child)).toEqual({ code: 130, stderr: STOPPED });
  });
});

describe('a command stopped in the middle', () => {
  it.each<[string, string, () => readonly string[]]>([
    ['run', '"event":"stageStarted"', () => ['run', project, ...LONG, '--json']],
    ['classify', '"event":"classified"', () => ['classify', model, sample.unlabelled, '--json']],
    ['doctor', '"event":"device"', () => ['doctor', '--json']],
    [
      'parity',
      '"event":"parity"',
      () => ['parity', ...Array(3).fill(fixture('train-small-grouped-32-16-5')), '--json'],
    ],
  ])('%s exits with 130, says so in one line, and shows no stack', async (_, mark, args) => {
    const { process: child, finished } = startCli(args());
    let asked = false;
    child.stdout?.on('data', (data) => {
      if (!asked && String(data).includes(mark)) asked = child.kill('SIGINT');
    });
    const { code, stderr } = await finished;
    expect(stderr).not.toMatch(/\n\s+at |bug/);
    expect(stderr).toMatch(/Stopped as asked.*\n$/);
    expect(code).toBe(130);
  });

  it('the browser host exits with 130', async () => {
    const child = spawn(process.execPath, [dist('web'), '--port', '0', project], {
      stdio: ['ignore', 'pipe', 'pipe'],
      env: { ...process.env, UNDERSTUDY_HOME: join(root, 'home') },
    });
    child.stdout.once('data', () => child.kill('SIGINT'));
    const { code, stderr } = await ended(child);
    expect(stderr).toBe('Understudy has stopped; work in progress can be resumed at the next start.\n');
    expect(code).toBe(130);
    expect((await cli('status', project)).code).toBe(0);
  });

  it('a second signal ends it at once, and the work can be resumed later', async () => {
    const { process: child, finished } = startCli(['run', project, ...LONG, '--json']);
    child.stdout?.once('data', async () => {
      await wait(200);
      child.kill('SIGINT');
      await wait(10);
      child.kill('SIGINT');
    });
    const { code, stderr } = await finished;
    expect(stderr).not.toMatch(/\n\s+at |bug/);
    expect(code).toBe(130);
    expect((await cli('status', project)).code).toBe(0);
  });
});

describe('output', () => {
  it.skipIf(process.platform === 'win32')('without a reader is not an error', async () => {
    for (const args of [
      ['status', project],
      ['classify', model, sample.unlabelled, '--json'],
    ]) {
      // If no classification was interrupted before.
      const { process: child, finished } = startCli(args, { UNDERSTUDY_HOME: join(root, 'unread') });
      child.stdout?.once('data', () => child.stdout?.destroy());
      const { code, stderr } = await finished;
      // Only the files left out of the folder are reported.
      expect(stderr.replace(/^unsorted\/.*\n/gm, '')).toBe('');
      expect(code).toBe(0);
    }
  });

  it.skipIf(process.platform !== 'linux')('to a full disk is reported', async () => {
    const { code, stderr } = await shell(`node ${dist('cli')} status ${project} > /dev/full`);
    expect({ code, stderr }).toEqual({ code: 1, stderr: expect.stringMatching(/^The disk is full: the output/) });
  });
});

describe.skipIf(process.platform !== 'linux')('a machine that allows few open files', () => {
  it.each(commands)('is reported in a sentence: %s', async (_, args) => {
    const line = ['node', dist('cli'), ...args()].map((word) => `'${word}'`).join(' ');
    const { code, stderr } = await shell(`ulimit -n 64; ${line}`);
    expect(stderr).toMatch(/^Only 64 files may be open at once, .*ulimit -n 4096.*\n$/);
    expect(code).toBe(1);
  });
});

async function shell(line: string): Promise<{ code: number | null; stderr: string }> {
  return await ended(spawn('bash', ['-c', line], { stdio: ['ignore', 'ignore', 'pipe'] }));
}

async function ended(child: ReturnType<typeof spawn>): Promise<{ code: Finished['code']; stderr: string }> {
  let stderr = '';
  child.stderr?.on('data', (data) => {
    stderr += data;
  });
  return await new Promise((resolve) => child.on('close', (code) => resolve({ code, stderr })));
}
