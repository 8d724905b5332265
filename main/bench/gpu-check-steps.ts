/** The steps of a GPU check, the most valuable first in case time is short: each step is a command of its own. */
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { parseDevice } from '../engines/device.ts';

export interface Step {
  readonly name: string;
  readonly command: readonly string[];
  /** Added to the environment of the command. */
  readonly environment?: Readonly<Record<string, string>>;
  /** A step that takes longer is stopped, and the lines it has written are kept. */
  readonly limitS: number;
  /** Skipped if this step failed: a larger batch after one that did not fit. */
  readonly after?: string;
}

/** A Python with PyTorch, and the script that measures it. */
export interface Peer {
  readonly python: string;
  readonly script: string;
  /** Where PyTorch computes. */
  readonly device: 'cuda' | 'cpu';
}

export interface StepOptions {
  readonly device: string;
  /** Only what a software stand-in can do within minutes. */
  readonly quick: boolean;
  readonly output: string;
  /** Folder of parity fixtures. */
  readonly fixtures?: string;
  readonly peer?: Peer;
  /** Folder with `labelled`, `unlabelled` and `held-out` images for the CIFAR-10 recipe. */
  readonly cifar?: string;
}

type Program = (name: 'cli' | 'bench') => readonly string[];

interface Ladder {
  readonly network: string;
  readonly batches: readonly number[];
}

const KINDS = ['infer', 'train'] as const;
const LADDERS: readonly Ladder[] = [
  { network: 'resnet50:224', batches: [16, 32, 64, 128, 256, 512] },
  { network: 'resnext50_32x4d:224', batches: [16, 32, 64, 128, 256] },
  { network: 'small-basic:32', batches: [128, 512, 2048, 8192] },
];
const QUICK_LADDERS: readonly Ladder[] = [{ network: 'small-basic:32', batches: [1, 2] }];

/** `program` returns the command line of one of the built programs. */
export function gpuSteps(options: StepOptions, program: Program): Step[] {
  const { device, quick, output, fixtures, cifar } = options;
  if (parseDevice(device)?.engine === 'cuda') return cardSteps(options, program);
  const cli = program('cli');
  const steps: Step[] = [{ name: 'doctor', command: [...cli, 'doctor', '--json'], limitS: 300 }];
  if (fixtures !== undefined) {
    const wanted = (name: string) => !quick || name.includes('small-');
    steps.push(...paritySteps(fixtures, wanted, device, cli));
  }
  steps.push(...(quick ? QUICK_LADDERS : LADDERS).flatMap((ladder) => ladderSteps(ladder, options, program('bench'))));
  if (!quick) {
    const demo = [...cli, 'demo', join(output, 'demo'), '--set', `engine.device=${device}`, '--json'];
    steps.push({ name: 'demo', command: demo, limitS: 1200 });
  }
  if (cifar !== undefined) steps.push(...cifarSteps(cifar, options, cli));
  return steps;
}

/**
 * The cases that the performance goals name; and the same kinds of layers, dense and grouped, on fewer and smaller
 * images, which a stand-in on the processor computes within seconds.
 */
export const CARD_CASES = {
  whole: ['resnet50:224:128', 'resnext50_32x4d:224:64', 'small-basic:32:512'],
  quick: ['small-basic:16:2', 'small-grouped:16:2'],
} as const;

/** Fixtures that take a stand-in seconds: every family forward, one training. */
const QUICK_FIXTURES = /^(forward-small-|train-small-vit-)/;

/** Settings of a whole run that a stand-in finishes within a minute. */
const QUICK_RUN = [
  ...['imageSizePx=8', 'batch=8', 'select.k=3', 'select.leakGuard=false', 'select.nearDuplicateGuard=false'],
  ...['teacher.model=small-basic', 'teacher.width=4', 'teacher.blocks=[1]', 'teacher.training.images=48'],
  ...['student.model=small-basic', 'student.width=4', 'student.blocks=[1]', 'supervised.training.images=16'],
  ...['pretrain.images=16', 'finetune.images=16'],
].flatMap((setting) => ['--set', setting]);

/**
 * A card driven through its driver, in eight minutes: correctness, then each case in bf16 beside PyTorch's, its plan,
 * in fp32, and the CIFAR-10 recipe in the time that is left. The most valuable first.
 */
function cardSteps(options: StepOptions, program: Program): Step[] {
  const { device, quick, fixtures, peer, cifar } = options;
  const [cli, bench] = [program('cli'), program('bench')];
  const casesOf = (networks: readonly string[]) => networks.flatMap((one) => KINDS.map((kind) => `${kind}:${one}`));
  const cases = casesOf(quick ? CARD_CASES.quick : CARD_CASES.whole);
  const limitS = quick ? 300 : 60;
  const runs = quick ? ['--runs', '1'] : [];
  const ours = (precision: string, name: string): Step => ({
    name: `${precision}:${name}`,
    command: [
      ...[...bench, name, '--device', device, '--precision', precision, ...runs, '--rounds', '1', '--json'],
      ...(precision === 'bf16' ? ['--profile'] : []),
    ],
    limitS,
  });
  const theirs = (precision: string, name: string): Step[] => {
    if (peer === undefined) return [];
    const flags = precision === 'bf16' ? ['--bf16'] : [];
    const command = [peer.python, peer.script, '--device', peer.device, ...flags, ...runs, name];
    return [{ name: `pytorch-${precision}:${name}`, command, environment: { NVIDIA_TF32_OVERRIDE: '0' }, limitS }];
  };
  // Nothing of a plan runs, so that of the goals' cases is printed without a card too.
  const planned = new Set([...cases, ...casesOf(CARD_CASES.whole)]);
  return [
    { name: 'doctor', command: [...cli, 'doctor', '--device', device, '--json'], limitS: 150 },
    ...(fixtures === undefined
      ? []
      : paritySteps(fixtures, (name) => (quick ? QUICK_FIXTURES.test(name) : name.includes('small-')), device, cli)),
    ...cases.flatMap((name) => [ours('bf16', name), ...theirs('bf16', name)]),
    { name: 'plan', command: [...bench, '--plan', 'bf16', '--json', ...planned], limitS: 60 },
    ...cases.flatMap((name) => [ours('fp32', name), ...theirs('fp32', name)]),
    ...(cifar === undefined ? [] : cifarSteps(cifar, options, cli)),
  ];
}

function ladderSteps({ network, batches }: Ladder, options: StepOptions, bench: readonly string[]): Step[] {
  const { device, peer, quick } = options;
  return KINDS.flatMap((kind) =>
    batches.flatMap((batch, index) => {
      const name = `${kind}:${network}:${batch}`;
      const smaller = batches[index - 1];
      const ours: Step = {
        name,
        command: [...bench, name, '--device', device, '--rounds', '1', '--profile', '--json'],
        limitS: quick ? 300 : 120,
        ...(smaller === undefined ? {} : { after: `${kind}:${network}:${smaller}` }),
      };
      return peer === undefined ? [ours] : [ours, ...peerSteps(name, peer)];
    }),
  );
}

/** Runs the peer's script with compiled models: it has no switch for that. */
const COMPILED = `
import os, runpy, sys, torch
sys.argv = sys.argv[1:]
sys.path.insert(0, os.path.dirname(os.path.abspath(sys.argv[0])))
import reference_models
build = reference_models.build
reference_models.build = lambda name: torch.compile(build(name))
runpy.run_path(sys.argv[0], run_name='__main__')
`;
const COMPILING_LIMIT_S = 400;

/** PyTorch uses TF32 for convolutions unless told otherwise, and for matrix products only when told to. */
function peerSteps(name: string, { python, script, device }: Peer): Step[] {
  const torch = (variant: string, environment: Readonly<Record<string, string>>, flags: readonly string[]): Step => ({
    name: `pytorch-${variant}:${name}`,
    command: [python, script, '--device', device, ...flags, name],
    environment,
    limitS: 120,
  });
  const compiled: Step = {
    name: `pytorch-bf16-compiled:${name}`,
    command: [python, '-c', COMPILED, script, '--device', device, '--bf16', name],
    limitS: COMPILING_LIMIT_S,
  };
  return [
    torch('fp32', { NVIDIA_TF32_OVERRIDE: '0' }, []),
    torch('tf32', { TORCH_ALLOW_TF32_CUBLAS_OVERRIDE: '1' }, []),
    torch('bf16', {}, ['--bf16']),
    compiled,
  ];
}

function cifarSteps(images: string, { device, quick, output }: StepOptions, cli: readonly string[]): Step[] {
  const project = join(output, 'cifar');
  const add = (name: string, ...rest: readonly string[]): Step => ({
    name: `cifar:${name}`,
    command: [...cli, 'add', project, ...rest, '--json'],
    limitS: 600,
  });
  const settings = quick ? QUICK_RUN : ['--recipe', 'cifar-small'];
  return [
    { name: 'cifar:new', command: [...cli, 'new', project, '--json'], limitS: 60 },
    add('labelled', '--labelled', join(images, 'labelled'), '--split', 'train'),
    add('held-out', '--labelled', join(images, 'held-out'), '--split', 'test'),
    add('unlabelled', '--unlabelled', join(images, 'unlabelled')),
    {
      name: 'cifar:run',
      command: [...cli, 'run', project, ...settings, '--device', device, '--json'],
      limitS: 3600,
      after: 'cifar:unlabelled',
    },
  ];
}

function paritySteps(
  fixtures: string,
  wanted: (name: string) => boolean,
  device: string,
  cli: readonly string[],
): Step[] {
  const files = readdirSync(fixtures).filter((name) => name.endsWith('.json') && wanted(name));
  return files.sort().map((file) => ({
    name: `parity:${file}`,
    command: [...cli, 'parity', join(fixtures, file), '--device', device, '--json'],
    limitS: 300,
  }));
}
