/**
 * Checks everything worth knowing about a GPU in one go, on a machine that has nothing but Node, this build and a
 * driver: whether it is correct, how fast it is, what fits, and how PyTorch compares if installed. Each step is a
 * process of its own, so that a driver that aborts costs one line; results are written at once, and running the command
 * again continues from there. A rehearsal runs every part on the stand-in for NVIDIA's driver, with small sizes.
 */
import { existsSync } from 'node:fs';
import { mkdir, readFile, rm } from 'node:fs/promises';
import { cpus, release, totalmem } from 'node:os';
import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Command } from 'commander';
import { writeTextAtomically } from '../atomic-file.ts';
import { type Device, deviceName, parseDevice } from '../engines/device.ts';
import { DeviceAbsent } from '../engines/device-failures.ts';
import { engineOf } from '../engines/engines.ts';
import { ExpectedFailure, requireGoingOn, WrongUsage } from '../failure.ts';
import { builtEntry } from '../jobs/built-entry.ts';
import { findPeer } from './find-peer.ts';
import { cardResults, kernelTables, type Outcome, type Result, resultsTable } from './gpu-check-results.ts';
import { gpuSteps, type Step, type StepOptions } from './gpu-check-steps.ts';
import { makeRehearsalImages } from './rehearsal-images.ts';
import { runStep } from './run-step.ts';

interface Findings {
  /** Whether a stand-in on the processor computed; no figure is then a card's. */
  readonly rehearsal: boolean;
  readonly machine: Readonly<Record<string, unknown>>;
  pytorch?: string;
  readonly steps: Record<string, Outcome>;
  results?: readonly Result[];
}

interface Options extends Omit<StepOptions, 'output' | 'peer'> {
  readonly minutes?: string;
  readonly python?: string;
  readonly peer: string;
  readonly rehearse: boolean;
  readonly only?: string;
}

class FixturesMissing extends ExpectedFailure {}
class OtherResults extends ExpectedFailure {}
class ChecksFailed extends ExpectedFailure {}

/** In a checkout. */
const FIXTURES = 'test/fixtures/parity';
const CARD_MINUTES = 8;
/** The name of the stand-in's card. */
const STAND_IN = /^stand-in\b/;
const REHEARSED =
  'This was a rehearsal on the stand-in for NVIDIA’s driver, on the processor: no figure above is a card’s.';

export const gpuCheckCommand = (signal: AbortSignal) =>
  new Command('gpu-check')
    .description('Test and measure a GPU: self-test, parity, throughput, a whole run; and PyTorch beside it.')
    .argument('<out>', 'folder for gpu-check.json; given again, the check continues where it ended')
    .option('--device <device>', 'webgpu, cuda, directml or coreml', 'webgpu')
    .option('--fixtures <folder>', `parity fixtures; ${FIXTURES} by default for cuda`)
    .option('--python <python>', 'a Python with torch, to compare with; python3 by default for cuda')
    .option('--peer <script>', 'the PyTorch script', '../shared/peer/bench_torch.py')
    .option('--cifar <folder>', 'with labelled, unlabelled and held-out images: run the CIFAR-10 recipe on them')
    .option('--minutes <minutes>', 'start no step after this time; 8 for cuda, otherwise unlimited')
    .option('--only <text>', 'only the steps whose name matches this regular expression')
    .option('--quick', 'only what a software stand-in can do within minutes', false)
    .option('--rehearse', 'every part for cuda, small, on the stand-in for NVIDIA’s driver; always begins anew', false)
    .action(async (out: string, given: Options) => {
      const output = resolve(out);
      const options = given.rehearse ? { ...given, device: 'cuda', quick: true } : given;
      const device = requireDevice(options);
      const untilMs = performance.now() + 60_000 * minutesOf(options);
      const file = join(output, 'gpu-check.json');
      if (options.rehearse) await requireRehearsal(output, file);
      await mkdir(output, { recursive: true });
      const findings = await earlierFindings(file, device, options.rehearse, signal);
      const steps = await stepsFor(options, output, findings, signal);
      const keep = async () => await writeTextAtomically(file, `${JSON.stringify(findings, undefined, 1)}\n`);
      for (const step of steps) {
        if (findings.steps[step.name]?.ok) continue;
        const leftS = (untilMs - performance.now()) / 1000;
        findings.steps[step.name] =
          leftS > 0
            ? await outcomeOf({ ...step, limitS: Math.min(step.limitS, leftS) }, findings.steps, signal)
            : { ok: false, skipped: true, seconds: 0, lines: [], reason: 'skipped: the time was up' };
        await keep();
        process.stderr.write(`${describe(step.name, findings.steps[step.name])}\n`);
      }
      findings.results = cardResults(findings.steps);
      await keep();
      await printResults(output, findings);
      process.stdout.write(`${file}\n`);
      requireSuccess(steps, findings);
    });

/** Throws `WrongUsage`; `DeviceAbsent` if NVIDIA's driver is asked for and has no such card. */
function requireDevice({ device: name, rehearse }: Options): Device {
  const device = parseDevice(name);
  if (!device) throw new WrongUsage(`“${name}” is not a device: write, for example, --device cuda.`);
  if (device.engine !== 'cuda') return device;
  const engine = engineOf(device);
  const absence = engine.absence(device);
  if (absence !== undefined) throw new DeviceAbsent(absence);
  const isStandIn = STAND_IN.test(engine.traits(device).title);
  if (rehearse && !isStandIn) {
    throw new WrongUsage('A rehearsal needs the stand-in for NVIDIA’s driver: start it by npm run rehearse:gpu-check.');
  }
  if (!rehearse && isStandIn) {
    throw new WrongUsage('The driver is the stand-in on the processor, which measures nothing: add --rehearse.');
  }
  return device;
}

/** A rehearsal always begins anew, but in no folder with a card's results. Throws `OtherResults`. */
async function requireRehearsal(output: string, file: string): Promise<void> {
  if (!existsSync(file)) return;
  if (!(await readFindings(file)).rehearsal) throw new OtherResults(otherResults(output, 'a GPU'));
  await rm(output, { recursive: true });
}

/** Throws `WrongUsage`. */
function minutesOf({ minutes, device, rehearse }: Options): number {
  const limited = parseDevice(device)?.engine === 'cuda' && !rehearse;
  const number = minutes === undefined ? (limited ? CARD_MINUTES : Number.POSITIVE_INFINITY) : Number(minutes);
  if (number > 0) return number;
  throw new WrongUsage(`“${minutes}” is not a number of minutes: write, for example, --minutes 8.`);
}

async function stepsFor(given: Options, output: string, findings: Findings, signal: AbortSignal): Promise<Step[]> {
  const card = parseDevice(given.device)?.engine === 'cuda';
  const { rehearse, only = '', quick, device } = given;
  const fixtures = given.fixtures ?? (card && existsSync(FIXTURES) ? FIXTURES : undefined);
  if (fixtures !== undefined && !existsSync(fixtures)) {
    throw new FixturesMissing(`There is no folder ${fixtures}: name the one that holds the parity fixtures.`);
  }
  const wanted = new RegExp(only);
  const python = given.python ?? (card ? 'python3' : undefined);
  const cifar = rehearse ? join(output, 'images') : given.cifar;
  const stepsBeside = (peer: StepOptions['peer']) =>
    gpuSteps(
      {
        ...{ device, quick, output },
        ...(fixtures !== undefined && { fixtures }),
        ...(cifar !== undefined && { cifar }),
        ...(peer && { peer }),
      },
      (name) => [process.execPath, fileURLToPath(builtEntry(name))],
    ).filter(({ name }) => wanted.test(name));
  const own = stepsBeside(undefined);
  if (rehearse && own.some(({ name }) => name.startsWith('cifar:'))) await makeRehearsalImages(join(output, 'images'));
  if (python === undefined) return own;
  const beside = stepsBeside({ python, script: given.peer, device: 'cuda' });
  if (beside.length === own.length) return own;
  const found = await findPeer({ python, script: given.peer, rehearsal: rehearse }, signal);
  requireGoingOn(signal);
  findings.pytorch = found.about;
  process.stderr.write(`${found.about}\n`);
  return stepsBeside(found.peer);
}

async function readFindings(file: string): Promise<Findings> {
  return JSON.parse(await readFile(file, 'utf8')) as Findings;
}

/** Throws `OtherResults` for the results of a rehearsal. */
async function earlierFindings(
  file: string,
  device: Device,
  rehearsal: boolean,
  signal: AbortSignal,
): Promise<Findings> {
  if (existsSync(file)) {
    const findings = await readFindings(file);
    if (findings.rehearsal) throw new OtherResults(otherResults(file, 'a rehearsal'));
    return findings;
  }
  const question = ['nvidia-smi', '--query-gpu=name,driver_version,memory.total', '--format=csv'];
  const gpus = await runStep({ command: question, limitS: 30 }, signal);
  const machine = {
    date: new Date().toISOString(),
    node: process.version,
    system: `${process.platform} ${release()}`,
    processor: `${cpus()[0]?.model ?? 'unknown'}, ${cpus().length} threads`,
    memoryBytes: totalmem(),
    device: `${deviceName(device)}: ${engineOf(device).traits(device).title}`,
    gpus: gpus.failure === undefined ? gpus.output.trim().split('\n') : [],
  };
  return { rehearsal, machine, steps: {} };
}

function otherResults(place: string, of: string): string {
  return `${place} holds the results of ${of}: name another folder.`;
}

async function outcomeOf(step: Step, done: Findings['steps'], signal: AbortSignal): Promise<Outcome> {
  const { after } = step;
  if (after !== undefined && done[after]?.ok === false) {
    return { ok: false, skipped: true, seconds: 0, lines: [], reason: `skipped: ${after} did not succeed` };
  }
  const startedMs = performance.now();
  const { output, failure } = await runStep(step, signal);
  requireGoingOn(signal);
  const seconds = Math.round((performance.now() - startedMs) / 10) / 100;
  const lines = output.split('\n').flatMap(parsedLine);
  return { ok: failure === undefined, seconds, lines, ...(failure === undefined ? {} : { reason: failure }) };
}

function parsedLine(line: string): unknown[] {
  try {
    return [JSON.parse(line)];
  } catch {
    return [];
  }
}

async function printResults(output: string, { rehearsal, results = [], pytorch }: Findings): Promise<void> {
  const notes = [...(pytorch === undefined ? [] : [pytorch]), ...(rehearsal ? [REHEARSED] : [])];
  const tables = results.length === 0 ? [] : [...kernelTables(results), resultsTable(results)];
  if (tables.length + notes.length === 0) return;
  const text = [...tables, ...notes].join('\n');
  await writeTextAtomically(join(output, 'gpu-check.txt'), `${text}\n`);
  process.stdout.write(`${text}\n`);
}

/** Throws `ChecksFailed`, with the names of the steps that failed and of those that were not started. */
function requireSuccess(steps: readonly Step[], findings: Findings): void {
  const failed = steps.filter(({ name }) => findings.steps[name]?.ok === false);
  if (failed.length === 0) return;
  const namesOf = (some: readonly Step[]) => some.map(({ name }) => name).join(', ');
  const left = failed.filter(({ name }) => findings.steps[name]?.skipped);
  const tried = failed.filter((step) => !left.includes(step));
  const parts = [
    ...(tried.length > 0 ? [`${tried.length} of ${steps.length} steps failed (${namesOf(tried)})`] : []),
    ...(left.length > 0 ? [`${left.length} were not started (${namesOf(left)})`] : []),
  ];
  throw new ChecksFailed(`${parts.join('; ')}. Run the same command again to try these once more.`);
}

function describe(name: string, outcome: Outcome | undefined): string {
  return `${name.padEnd(40)} ${outcome?.ok ? JSON.stringify(outcome.lines.at(-1)).slice(0, 160) : outcome?.reason}`;
}
