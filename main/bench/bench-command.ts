/**
 * Throughput of this machine, one line per case. Cases are named as in the PyTorch script they can be compared with:
 * infer:NAME:SIZE:BATCH, train:NAME:SIZE:BATCH, folder:NAME:SIZE:BATCH:DIR. Two more are our own, whole loops that take
 * their batches from a pixel cache: learn:NAME:SIZE:BATCH, label:NAME:SIZE:BATCH. Given a Python with torch, each case
 * is measured alternately, ours and PyTorch's, and the median of the ratios is what counts: single timings are noise on
 * a shared machine.
 */
import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { Command } from 'commander';
import { chooseDevice } from '../doctor/choose-device.ts';
import type { KernelTime } from '../engines/cuda/profile.ts';
import { deviceKindNames } from '../engines/device.ts';
import type { Precision } from '../engines/engine.ts';
import type { RunProfile } from '../engines/onnxruntime/profile.ts';
import { ExpectedFailure, messageOf, requireGoingOn, WrongUsage } from '../failure.ts';
import { sharp } from '../images/sharp-setup.ts';
import { batchVariants, compareThreads, decodingVariants } from './compare-threads.ts';
import { compareWaiting } from './compare-waiting.ts';
import { eyesRates } from './eyes-rates.ts';
import { firstRanking } from './first-ranking.ts';
import { kernelTable } from './kernel-table.ts';
import { measureCase, parseCase } from './measure.ts';
import { median, rounded } from './median.ts';
import { planLine, planText } from './print-plan.ts';
import { wholeLoop } from './whole-loop.ts';

/** The complete loops, as a run executes them. */
const WAITING_CASES = ['learn:small-basic:32:128', 'label:resnet18:64:64', 'infer:resnet50:224:16'];
const PLANNED_CASES = ['train:small-basic:32:512', 'train:resnet50:224:128', 'train:resnext50_32x4d:224:64'];
const DEFAULT_CASES = ['infer:resnet50:224:16', 'train:small-basic:32:128', 'train:resnet18:64:32'];

interface BenchOptions {
  readonly json?: boolean;
  readonly python?: string;
  readonly peer: string;
  readonly rounds: string;
  readonly threads: string;
  readonly device: string;
  readonly profile?: boolean;
  readonly beside?: string;
  readonly eyes?: boolean | string;
  readonly loop?: boolean | string;
  readonly firstRanking?: boolean | string;
  readonly labels: string;
  readonly besideThreads?: string;
  readonly threadsAnImage: string;
  readonly batchThreads: string;
  readonly plan?: boolean | string;
  readonly precision?: string;
  readonly runs?: string;
}

class PeerFailed extends ExpectedFailure {}

export const benchCommand = (signal: AbortSignal) =>
  new Command('bench')
    .description('Measure throughput, alternating with PyTorch if a Python that has it is given.')
    .argument('[case...]', `such as ${DEFAULT_CASES.join(' ')}`)
    .option('--json', 'one JSON object per line on stdout, nothing else')
    .option('--python <python>', 'a Python with torch, to compare with')
    .option('--peer <script>', 'the PyTorch script', '../shared/peer/bench_torch.py')
    .option('--rounds <number>', 'how often each case is measured', '3')
    .option('--runs <number>', 'runs or steps of one measurement; 7 by default')
    .option('--threads <number>', 'threads for both', '2')
    .option('--device <device>', deviceKindNames.join(', '), 'cpu')
    .option('--precision <precision>', 'fp32, or bf16 on a device that has it; fp32 by default')
    .option('--profile', 'on a GPU also count its dispatches, its busy time and the host’s; for cuda, time each kernel')
    .option(
      '--beside <processes>',
      'on the processor: idle and beside this many busy processes, by how its threads wait',
    )
    .option('--eyes [network]', 'a teacher with eyes: features, head and ranks; an ONNX file, or a generated ResNet-18')
    .option(
      '--labels <number>',
      'with --eyes: the largest number of labels a head is trained on, such as 100000',
      '10000',
    )
    .option('--loop [images]', 'whole commands: a label changed, a head trained, all of 100,000 images ranked again')
    .option(
      '--first-ranking [images]',
      'whole commands with --eyes NETWORK: from an empty project to the ranks of 5,000 photographs',
    )
    .option('--beside-threads <processes>', 'the same by the threads that decode images and make batches')
    .option('--threads-an-image <number>', 'for decoding: threads within one image', '1')
    .option('--batch-threads <number>', 'for learn: threads that make batches ahead; 0 for none', '0')
    .option(
      '--plan [precision]',
      'calculate what the engine for NVIDIA cards would do, in bf16 or fp32; nothing is run',
    )
    .action(async (names: readonly string[], options: BenchOptions) => {
      if (options.plan !== undefined) return printPlans(names, options);
      sharp.concurrency(Number(options.threadsAnImage));
      if (options.besideThreads !== undefined) {
        return await printThreads(names, options, Number(options.besideThreads), signal);
      }
      if (options.beside !== undefined) return await printWaiting(names, options, Number(options.beside), signal);
      if (options.loop !== undefined) return await printLoop(options, signal);
      if (options.firstRanking !== undefined) return await printFirstRanking(options, signal);
      if (options.eyes !== undefined) return await printEyes(options, signal);
      for (const name of names.length > 0 ? names : DEFAULT_CASES) {
        const line = await compare(name, options, signal);
        process.stdout.write(`${options.json ? JSON.stringify(line) : describe(line)}\n`);
      }
    });

function printPlans(names: readonly string[], { plan, json }: BenchOptions): void {
  const precision = precisionNamed(plan === true ? 'bf16' : String(plan), '--plan');
  for (const name of names.length > 0 ? names : PLANNED_CASES) {
    const line = planLine(name, precision);
    process.stdout.write(`${json ? JSON.stringify(line) : planText(line)}\n`);
  }
}

function precisionNamed(text: string, option: string): Precision {
  if (text === 'bf16' || text === 'fp32') return text;
  throw new WrongUsage(`“${text}” is not a precision: write ${option} bf16 or ${option} fp32.`);
}

async function printWaiting(
  names: readonly string[],
  options: BenchOptions,
  processes: number,
  signal: AbortSignal,
): Promise<void> {
  const request = { processes, threads: Number(options.threads), rounds: Number(options.rounds), signal };
  for (const name of names.length > 0 ? names : WAITING_CASES) {
    for await (const line of compareWaiting(parseCase(name), request)) {
      const rates = line.rates.map(({ spinUs, images_per_s, ratio }) => `${spinUs} µs ${images_per_s} (${ratio})`);
      const text = `${name.padEnd(28)} beside ${line.busyProcesses}: ${rates.join(' · ')}`;
      process.stdout.write(`${options.json ? JSON.stringify({ case: name, ...line }) : text}\n`);
    }
  }
}

async function printEyes({ eyes, labels, device, threads, json }: BenchOptions, signal: AbortSignal): Promise<void> {
  const target = { device: await chooseDevice(device, signal), threads: Number(threads) };
  const network = typeof eyes === 'string' ? eyes : undefined;
  for await (const rate of eyesRates(target, network, Number(labels), signal)) {
    const text = `${rate.case.padEnd(28)} ${rounded(rate.value)} ${rate.unit}`;
    process.stdout.write(`${json ? JSON.stringify({ ...rate, value: rounded(rate.value) }) : text}\n`);
  }
}

async function printLoop({ loop, json }: BenchOptions, signal: AbortSignal): Promise<void> {
  const images = loop === true ? 100_000 : Number(loop);
  if (!(images >= 1000))
    throw new WrongUsage(`“${loop}” is not a number of images of at least 1000: write, for example, --loop 100000.`);
  for await (const time of wholeLoop(images, signal)) {
    const text = `${time.case.padEnd(28)} ${rounded(time.value)} s`;
    process.stdout.write(`${json ? JSON.stringify({ ...time, value: rounded(time.value) }) : text}\n`);
  }
}

async function printFirstRanking(
  { firstRanking: asked, eyes, json }: BenchOptions,
  signal: AbortSignal,
): Promise<void> {
  const images = asked === true ? 5000 : Number(asked);
  if (!(images >= 1000)) {
    throw new WrongUsage(
      `“${asked}” is not a number of images of at least 1000: write, for example, --first-ranking 5000.`,
    );
  }
  if (typeof eyes !== 'string') {
    throw new WrongUsage('A first ranking needs a network that is brought: write --eyes NETWORK.onnx.');
  }
  for await (const { case: name, ...time } of firstRanking(images, eyes, signal)) {
    const [seconds, cpuSeconds] = [rounded(time.seconds), rounded(time.cpuSeconds)];
    const text = `${name.padEnd(28)} ${seconds} s · ${cpuSeconds} s of processors`;
    process.stdout.write(`${json ? JSON.stringify({ case: name, seconds, cpuSeconds }) : text}\n`);
  }
}

/** Varies batch-making threads for trainings, and decoding threads for everything else. */
async function printThreads(
  names: readonly string[],
  options: BenchOptions,
  processes: number,
  signal: AbortSignal,
): Promise<void> {
  const request = { processes, threads: Number(options.threads), rounds: Number(options.rounds), signal };
  for (const name of names) {
    const variants = parseCase(name).kind === 'learn' ? batchVariants : decodingVariants;
    for await (const line of compareThreads(name, variants, request)) {
      const rates = line.rates.map(({ label, images_per_s, ratio }) => `${label} ${images_per_s} (${ratio})`);
      const text = `${name.padEnd(28)} beside ${line.busyProcesses}: ${rates.join(' · ')}`;
      process.stdout.write(`${options.json ? JSON.stringify(line) : text}\n`);
    }
  }
}

interface BenchLine {
  readonly case: string;
  readonly images_per_s: number;
  readonly peer_images_per_s: number | null;
  readonly ratio: number | null;
  /** By processor time, if the peer reports it too: the ratio that counts on a shared machine. */
  readonly cpu_ratio?: number;
  /** Of one run in the steady state; null if not requested, or if the device does not report it. */
  readonly profile?: RunProfile | null;
  /** Instead of a profile, on an NVIDIA card through its driver: the slowest kernel first. */
  readonly kernels?: readonly KernelTime[];
}

interface PeerRates {
  readonly images_per_s: number;
  readonly images_per_cpu_s?: number | undefined;
}

async function compare(name: string, options: BenchOptions, signal: AbortSignal): Promise<BenchLine> {
  const parsed = parseCase(name);
  const threads = Number(options.threads);
  const profiling = options.profile ?? false;
  const precision = options.precision === undefined ? undefined : precisionNamed(options.precision, '--precision');
  const rounds: { ours: PeerRates; peer: PeerRates | undefined }[] = [];
  let profile: RunProfile | undefined;
  let kernels: readonly KernelTime[] | undefined;
  for (let round = 0; round < Number(options.rounds); round++) {
    const measured = await measureCase(parsed, {
      device: options.device,
      threads,
      profile: profiling && round === 0,
      batchThreads: Number(options.batchThreads),
      ...(precision && { precision }),
      runs: options.runs === undefined ? undefined : Number(options.runs),
      signal,
    });
    const { imagesPerSecond, imagesPerCpuSecond } = measured;
    const ours = { images_per_s: imagesPerSecond, images_per_cpu_s: imagesPerCpuSecond };
    profile ??= measured.profile;
    kernels ??= measured.kernels;
    const peer =
      options.python === undefined ? undefined : await measurePeer(name, options.python, options.peer, threads, signal);
    rounds.push({ ours, peer });
  }
  const peers = rounds.flatMap(({ peer }) => (peer === undefined ? [] : [peer.images_per_s]));
  const ratiosOf = (rate: (rates: PeerRates) => number | undefined) =>
    rounds.flatMap(({ ours, peer }) => {
      const [own, other] = [rate(ours), peer && rate(peer)];
      return own === undefined || other === undefined ? [] : [own / other];
    });
  const ratios = ratiosOf(({ images_per_s }) => images_per_s);
  const cpuRatios = ratiosOf(({ images_per_cpu_s }) => images_per_cpu_s);
  return {
    case: name,
    images_per_s: rounded(median(rounds.map(({ ours }) => ours.images_per_s))),
    peer_images_per_s: peers.length > 0 ? rounded(median(peers)) : null,
    ratio: ratios.length > 0 ? rounded(median(ratios)) : null,
    ...(cpuRatios.length > 0 ? { cpu_ratio: rounded(median(cpuRatios)) } : {}),
    ...(profiling ? { profile: profile ?? null } : {}),
    ...(kernels ? { kernels } : {}),
  };
}

async function measurePeer(
  name: string,
  python: string,
  script: string,
  threads: number,
  signal: AbortSignal,
): Promise<PeerRates> {
  try {
    const { stdout } = await promisify(execFile)(python, [script, '--threads', String(threads), name], { signal });
    return JSON.parse(stdout.trim().split('\n').at(-1) ?? '') as PeerRates;
  } catch (error) {
    requireGoingOn(signal);
    throw new PeerFailed(`${python} ${script} did not give a figure for ${name}: ${messageOf(error).split('\n')[0]}`);
  }
}

function describe({
  case: name,
  images_per_s,
  peer_images_per_s,
  ratio,
  cpu_ratio,
  profile,
  kernels,
}: BenchLine): string {
  const byCpu = cpu_ratio === undefined ? '' : ` (${cpu_ratio} by processor time)`;
  const beside = ratio === null ? '' : ` · PyTorch ${peer_images_per_s} · ratio ${ratio}${byCpu}`;
  const where = profile
    ? ` · ${profile.dispatches} dispatches, ${rounded(profile.deviceMs)} ms busy of ${rounded(profile.wallMs)}, ${rounded(profile.encodingMs)} ms to encode, ${profile.newKernels} new kernels, ${profile.onProcessor} operations on the processor`
    : '';
  const times = kernels ? `\n${kernelTable(kernels)}` : '';
  return `${name.padEnd(28)} ${images_per_s} images/s${beside}${where}${times}`;
}
