/**
 * Every command ends by itself when its work ends: no thread, timer or open file keeps its process alive, and nothing has to
 * call for the process's end.
 */
import { mkdirSync, mkdtempSync, readdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { at } from '../../../main/at.ts';
import { commandLine } from '../../../main/cli/command-line.ts';
import { goalNames } from '../../../main/pipeline/stages.ts';
import { startCli } from '../command-line.ts';
import { writeJpeg } from '../image-files.ts';

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
/** Says so where a process is ended rather than ends. */
const WATCH = `
  const exit = process.exit;
  process.exit = (code) => {
    process._rawDebug('ended by process.exit');
    exit(code);
  };
`;

beforeAll(async () => {
  for (let seed = 1; seed <= 12; seed++) {
    await writeJpeg(join(inRoot('labelled'), seed % 2 === 0 ? 'ant' : 'bee', `${seed}.jpg`), { seed });
    await writeJpeg(join(inRoot('unlabelled'), `${seed}.jpg`), { seed: 100 + seed });
  }
  mkdirSync(inRoot('out'));
  writeFileSync(inRoot('watch.cjs'), WATCH);
});
afterAll(() => rmSync(root, { recursive: true, force: true }));

/** The run whose name begins so. */
function runOf(stage: string): string {
  return at(
    readdirSync(join(project, 'runs')).filter((name) => name.startsWith(stage)),
    0,
  );
}

function modelOf(stage: string): string {
  return join(project, 'runs', runOf(stage), 'model.safetensors');
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
  () => ['transfer', inRoot('transferred'), inRoot('labelled'), modelOf('finetune'), '--estimate'],
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
/** What has nothing to do here, and says so. */
const refused: readonly (readonly string[])[] = [
  ['changes', project],
  ['keep', project],
  // Where no Redis is.
  ['worker', 'redis://127.0.0.1:1', '--device', 'cpu'],
];

it('ends by itself', async () => {
  const ended = new Set<string>();
  const all = [
    ...lines.map((words) => ({ words, code: 0 })),
    ...refused.map((words) => ({ words: () => words, code: 1 })),
  ];
  // No software stand-in for a GPU: testing it takes longer than all else.
  const environment = { NODE_OPTIONS: `--require ${inRoot('watch.cjs')}`, VK_DRIVER_FILES: 'none' };
  for (const { words, code } of all) {
    const args = words();
    const finished = await startCli(args, environment).finished;
    expect(finished, args.join(' ')).toMatchObject({ code, signal: null });
    expect(finished.stderr).not.toContain('ended by process.exit');
    ended.add(at(args, 0));
  }
  const { commands } = commandLine(new AbortController().signal);
  // The stages by themselves are `run` up to another goal, and the demo is `run` on pictures that it draws.
  const others = commands.map((command) => command.name()).filter((name) => ![...goalNames, 'demo'].includes(name));
  expect([...ended].sort()).toEqual(others.sort());
});
