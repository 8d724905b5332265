/**
 * Checks everything worth knowing about a GPU in one go, on a machine that has nothing but Node, this build and a
 * driver: whether it is correct, how fast it is, what fits, and how PyTorch compares if installed. Each step is a
 * process of its own, so that a driver that aborts costs one line; results are written at once, and running the command
 * again continues from there.
 */
import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdir, readFile } from 'node:fs/promises';
import { cpus, release, totalmem } from 'node:os';
import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Command } from 'commander';
import { writeTextAtomically } from '../atomic-file.ts';
import { parseDevice } from '../engines/device.ts';
import { ExpectedFailure, requireGoingOn, WrongUsage } from '../failure.ts';
import { gpuSteps, type Step, type StepOptions } from './gpu-check-steps.ts';
import { cardTable, type Outcome } from './gpu-check-table.ts';

interface Findings {
  readonly machine: Readonly<Record<string, unknown>>;
  readonly steps: Record<string, Outcome>;
}

class FixturesMissing extends ExpectedFailure {}
const MOST_OUTPUT_BYTES = 64 * 1024 ** 2;

export const gpuCheckCommand = (signal: AbortSignal) =>
  new Command('gpu-check')
    .description('Test and measure a GPU: self-test, parity, throughput, the demo; and PyTorch beside it.')
    .argument('<out>', 'folder for gpu-check.json; given again, the check continues where it ended')
    .option('--device <device>', 'webgpu, cuda, directml or coreml', 'webgpu')
    .option('--fixtures <folder>', 'parity fixtures')
    .option('--python <python>', 'a Python with torch, to compare with')
    .option('--peer <script>', 'the PyTorch script', '../shared/peer/bench_torch.py')
    .option('--cifar <folder>', 'with labelled, unlabelled and held-out images: run the CIFAR-10 recipe on them')
    .option('--minutes <minutes>', 'start no step after this time; 8 for cuda, otherwise unlimited')
    .option('--quick', 'only what a software stand-in can do within minutes', false)
    .action(async (out: string, given: Omit<StepOptions, 'output'> & { readonly minutes?: string }) => {
      const output = resolve(out);
      const untilMs = performance.now() + 60_000 * minutesOf(given);
      if (given.fixtures !== undefined && !existsSync(given.fixtures)) {
        throw new FixturesMissing(`There is no folder ${given.fixtures}: name the one that holds the parity fixtures.`);
      }
      await mkdir(output, { recursive: true });
      const file = join(output, 'gpu-check.json');
      const findings = await earlierFindings(file, signal);
      for (const step of gpuSteps({ ...given, output }, program)) {
        if (findings.steps[step.name]?.ok) continue;
        const leftS = (untilMs - performance.now()) / 1000;
        findings.steps[step.name] =
          leftS > 0
            ? await outcomeOf({ ...step, limitS: Math.min(step.limitS, leftS) }, findings.steps, signal)
            : { ok: false, seconds: 0, lines: [], reason: 'skipped: the time was up' };
        await writeTextAtomically(file, `${JSON.stringify(findings, undefined, 1)}\n`);
        process.stderr.write(`${describe(step.name, findings.steps[step.name])}\n`);
      }
      const table = cardTable(findings.steps);
      if (table) {
        await writeTextAtomically(join(output, 'gpu-check.txt'), `${table}\n`);
        process.stdout.write(`${table}\n`);
      }
      process.stdout.write(`${file}\n`);
    });

const CARD_MINUTES = 8;

/** Throws `WrongUsage`. */
function minutesOf({ minutes, device }: { readonly minutes?: string; readonly device: string }): number {
  const usual = parseDevice(device)?.engine === 'cuda' ? CARD_MINUTES : Number.POSITIVE_INFINITY;
  const number = minutes === undefined ? usual : Number(minutes);
  if (number > 0) return number;
  throw new WrongUsage(`“${minutes}” is not a number of minutes: write, for example, --minutes 8.`);
}

function program(name: 'cli' | 'bench'): readonly string[] {
  return [process.execPath, fileURLToPath(new URL(`./${name}.js`, import.meta.url))];
}

async function earlierFindings(file: string, signal: AbortSignal): Promise<Findings> {
  if (existsSync(file)) return JSON.parse(await readFile(file, 'utf8')) as Findings;
  const gpus = await execute(
    ['nvidia-smi', '--query-gpu=name,driver_version,memory.total', '--format=csv'],
    30,
    signal,
  );
  const machine = {
    date: new Date().toISOString(),
    node: process.version,
    system: `${process.platform} ${release()}`,
    processor: `${cpus()[0]?.model ?? 'unknown'}, ${cpus().length} threads`,
    memoryBytes: totalmem(),
    gpus: gpus.failure === undefined ? gpus.output.trim().split('\n') : [],
  };
  return { machine, steps: {} };
}

async function outcomeOf(
  { command, limitS, after }: Step,
  done: Findings['steps'],
  signal: AbortSignal,
): Promise<Outcome> {
  if (after !== undefined && done[after]?.ok === false) {
    return { ok: false, seconds: 0, lines: [], reason: `skipped: ${after} did not succeed` };
  }
  const startedMs = performance.now();
  const { output, failure } = await execute(command, limitS, signal);
  requireGoingOn(signal);
  const seconds = Math.round((performance.now() - startedMs) / 10) / 100;
  const lines = output.split('\n').flatMap(parsedLine);
  return { ok: failure === undefined, seconds, lines, ...(failure === undefined ? {} : { reason: failure }) };
}

function execute(
  command: readonly string[],
  limitS: number,
  signal: AbortSignal,
): Promise<{ output: string; failure?: string }> {
  const [file = '', ...args] = command;
  const options = {
    timeout: Math.ceil(limitS * 1000),
    maxBuffer: MOST_OUTPUT_BYTES,
    killSignal: 'SIGKILL',
    signal,
  } as const;
  return new Promise((settle) => {
    execFile(file, args, options, (error, output, errors) => {
      if (error === null) return settle({ output });
      const last = errors.trim().split('\n').at(-1) || error.message;
      settle({ output, failure: error.killed ? `not done within ${limitS} s` : last.slice(0, 500) });
    });
  });
}

function parsedLine(line: string): unknown[] {
  try {
    return [JSON.parse(line)];
  } catch {
    return [];
  }
}

function describe(name: string, outcome: Outcome | undefined): string {
  return `${name.padEnd(40)} ${outcome?.ok ? JSON.stringify(outcome.lines.at(-1)).slice(0, 160) : outcome?.reason}`;
}
