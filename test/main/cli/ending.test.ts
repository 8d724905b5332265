/**
 * Every command exits by itself when its work is done: no thread, timer or open file keeps its process alive, and nothing has
 * to call for the process's end.
 */
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { at } from '../../../main/at.ts';
import { commandLine } from '../../../main/cli/command-line.ts';
import { goalNames } from '../../../main/pipeline/stages.ts';
import { CLI } from '../command-line.ts';
import { writeJpeg } from '../image-files.ts';
import { settings } from '../test-settings.ts';

const root = mkdtempSync(join(tmpdir(), 'understudy-ending-'));
const inRoot = (name: string) => join(root, name);
const project = inRoot('project');
const fixture = fileURLToPath(new URL('../../fixtures/parity/forward-small-basic-32-4.json', import.meta.url));
const TINY = [
  ...[
    '--recipe',
    'demo',
    '--device',
    'cpu',
    '--set',
    'imageSizePx=16',
    'batch=8',
    'teacher.width=8',
    'student.width=8',
  ],
  ...['label.topP=1', 'select.k=2', 'teacher.training.images=16', 'supervised.enabled=false'],
  ...['pretrain.images=16', 'finetune.images=16'],
];
/**
 * Runs the commands one after the other in one process, each when the previous one has left nothing to wait for: Node emits
 * `beforeExit` when a process would exit by itself. Reports commands that end the process instead.
 */
const DRIVER = `
  const { pathToFileURL } = require('node:url');
  const exit = process.exit;
  process.exit = (code) => {
    process._rawDebug('ended by process.exit');
    exit(code);
  };
  process.setMaxListeners(0);
  process.stdout.setMaxListeners(0);
  process.stderr.setMaxListeners(0);
  let next = 0;
  process.on('message', ({ program, args }) => {
    process.channel.unref();
    process.argv.splice(2, process.argv.length, ...args);
    import(pathToFileURL(program) + '?' + next++);
  });
  process.on('beforeExit', () => {
    if (!process.connected) return;
    process.channel.ref();
    process.send({ code: process.exitCode ?? 0 });
    process.exitCode = undefined;
  });
`;

beforeAll(async () => {
  for (let seed = 1; seed <= 12; seed++) {
    await writeJpeg(join(inRoot('labelled'), seed % 2 === 0 ? 'ant' : 'bee', `${seed}.jpg`), { seed });
    await writeJpeg(join(inRoot('unlabelled'), `${seed}.jpg`), { seed: 100 + seed });
  }
  mkdirSync(inRoot('out'));
  writeFileSync(inRoot('driver.cjs'), DRIVER);
});
afterAll(() => rmSync(root, { recursive: true, force: true }));

/** The run whose name begins with the stage. */
function runOf(stage: string): string {
  return at(
    readdirSync(join(project, 'runs')).filter((name) => name.startsWith(stage)),
    0,
  );
}

function modelOf(stage: string): string {
  return join(project, 'runs', runOf(stage), 'model.safetensors');
}

/** What the entry of the command line loads; imported under another name it runs again. */
function programOf(entry: string): string {
  const [, chunk = ''] = /import\("(\.\/chunk-\w+\.js)"\)/.exec(readFileSync(entry, 'utf8')) ?? [];
  return join(dirname(entry), chunk);
}

/** In an order in which each finds what it needs. */
const lines: readonly (() => readonly string[])[] = [
  () => ['new', project],
  () => ['add', project, '--labelled', inRoot('labelled')],
  () => ['add', project, '--unlabelled', inRoot('unlabelled')],
  () => ['run', project, ...TINY],
  () => ['run', project, '--estimate'],
  () => ['rehearse', project],
  () => ['experiment', project, 'fine-tuning', '--seeds', '1', '--estimate'],
  () => ['transfer', inRoot('transferred'), inRoot('labelled'), modelOf('finetune'), '--estimate', ...TINY.slice(0, 6)],
  () => ['label-image', project, '0', 'bee'],
  () => ['report', project],
  () => ['status', project],
  () => ['show', project, '0'],
  () => ['check', project],
  () => ['classify', modelOf('teacher'), inRoot('unlabelled')],
  () => ['export', project, '--what', 'onnx', '--to', inRoot('out')],
  () => ['bring', project, modelOf('finetune'), '--as', 'start'],
  () => ['models'],
  () => {
    renameSync(inRoot('unlabelled'), inRoot('moved'));
    return ['reconnect', project, inRoot('unlabelled'), inRoot('moved')];
  },
  () => ['combine', project, runOf('teacher'), runOf('finetune')],
  () => ['delete', project, runOf('teacher'), '--with-dependents', '--yes'],
  () => ['doctor'],
  () => ['parity', fixture],
];
/** Commands that have nothing to do here, and say so. */
const refused: readonly (readonly string[])[] = [
  ['changes', project],
  ['keep', project],
  // An address without Redis.
  ['worker', 'redis://127.0.0.1:1', '--device', 'cpu'],
];

it('exits by itself', async () => {
  const ended = new Set<string>();
  const all = [
    ...lines.map((words) => ({ words, code: 0 })),
    ...refused.map((words) => ({ words: () => words, code: 1 })),
  ];
  // No software GPU: testing it takes longer than everything else.
  const env = { ...process.env, UNDERSTUDY_HOME: settings, VK_DRIVER_FILES: 'none' };
  const driver = fork(inRoot('driver.cjs'), { env, silent: true, execArgv: [] });
  let written = '';
  for (const stream of [driver.stdout, driver.stderr])
    stream?.on('data', (text) => {
      written += text;
    });
  const exited = once(driver, 'exit');
  const program = programOf(CLI);
  for (const { words, code } of all) {
    const args = words();
    written = '';
    driver.send({ program, args });
    const [said] = await Promise.race([once(driver, 'message'), exited]);
    expect({ said, written }, args.join(' ')).toMatchObject({ said: { code } });
    ended.add(at(args, 0));
  }
  driver.disconnect();
  expect(await exited).toEqual([0, null]);
  const { commands } = commandLine(new AbortController().signal);
  // The stages as commands are `run` with another goal, and the demo is `run` on pictures that it draws.
  const others = commands.map((command) => command.name()).filter((name) => ![...goalNames, 'demo'].includes(name));
  expect([...ended].sort()).toEqual(others.sort());
});
