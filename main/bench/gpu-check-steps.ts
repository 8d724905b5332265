/** The steps of a GPU check, the most valuable first in case time is short: each step is a command of its own. */
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { parseDevice } from '../engines/device.ts';

export interface Step {
  readonly name: string;
  readonly command: readonly string[];
  /** A step that takes longer is stopped, and the lines it has written are kept. */
  readonly limitS: number;
  /** Skipped if this step failed: a larger batch after one that did not fit. */
  readonly after?: string;
}

export interface StepOptions {
  readonly device: string;
  /** Only what a software stand-in can do within minutes. */
  readonly quick: boolean;
  readonly output: string;
  /** Folder of parity fixtures. */
  readonly fixtures?: string;
  /** A Python with torch, and the script that measures it. */
  readonly python?: string;
  readonly peer?: string;
  /** Folder with `labelled`, `unlabelled` and `held-out` images for the CIFAR-10 recipe. */
  readonly cifar?: string;
}

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
export function gpuSteps(options: StepOptions, program: (name: 'cli' | 'bench') => readonly string[]): Step[] {
  const { device, quick, output, fixtures, cifar } = options;
  if (parseDevice(device)?.engine === 'cuda') return cardSteps(options, program);
  const cli = program('cli');
  const steps: Step[] = [{ name: 'doctor', command: [...cli, 'doctor', '--json'], limitS: 300 }];
  if (fixtures !== undefined) steps.push(...paritySteps(fixtures, quick, device, cli));
  steps.push(...(quick ? QUICK_LADDERS : LADDERS).flatMap((ladder) => ladderSteps(ladder, options, program('bench'))));
  if (!quick) {
    const demo = [...cli, 'demo', join(output, 'demo'), '--set', `engine.device=${device}`, '--json'];
    steps.push({ name: 'demo', command: demo, limitS: 1200 });
  }
  if (cifar !== undefined) steps.push(...cifarSteps(cifar, join(output, 'cifar'), device, cli));
  return steps;
}

/** The cases that the performance goals name; a stand-in runs the same networks with fewer and smaller images. */
export const CARD_CASES = {
  whole: ['resnet50:224:128', 'resnext50_32x4d:224:64', 'small-basic:32:512'],
  quick: ['resnet50:32:1', 'resnext50_32x4d:32:1', 'small-basic:32:2'],
} as const;

/**
 * A card driven through its driver, in eight minutes: correctness, then each case in bf16 beside PyTorch's, its plan,
 * and in fp32. The most valuable first.
 */
function cardSteps(options: StepOptions, program: (name: 'cli' | 'bench') => readonly string[]): Step[] {
  const { device, quick, fixtures, python, peer } = options;
  const [cli, bench] = [program('cli'), program('bench')];
  const cases = (quick ? CARD_CASES.quick : CARD_CASES.whole).flatMap((one) => KINDS.map((kind) => `${kind}:${one}`));
  const ours = (precision: string, name: string): Step => ({
    name: `${precision}:${name}`,
    command: [...bench, name, '--device', device, '--precision', precision, '--rounds', '1', '--json'],
    limitS: quick ? 300 : 60,
  });
  const theirs = (precision: string, name: string): Step[] => {
    if (python === undefined || peer === undefined) return [];
    const flags = precision === 'bf16' ? ['--bf16'] : [];
    const command = ['env', 'NVIDIA_TF32_OVERRIDE=0', python, peer, '--device', 'cuda', ...flags, name];
    return [{ name: `pytorch-${precision}:${name}`, command, limitS: 60 }];
  };
  return [
    { name: 'doctor', command: [...cli, 'doctor', '--json'], limitS: 120 },
    ...(fixtures === undefined ? [] : paritySteps(fixtures, true, device, cli)),
    ...cases.flatMap((name) => [ours('bf16', name), ...theirs('bf16', name)]),
    { name: 'plan', command: [...bench, '--plan', 'bf16', '--json', ...cases], limitS: 60 },
    ...cases.flatMap((name) => [ours('fp32', name), ...theirs('fp32', name)]),
  ];
}

function ladderSteps({ network, batches }: Ladder, options: StepOptions, bench: readonly string[]): Step[] {
  const { device, python, peer, quick } = options;
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
      if (python === undefined || peer === undefined) return [ours];
      return [ours, ...peerSteps(name, python, peer)];
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
function peerSteps(name: string, python: string, peer: string): Step[] {
  const torch = (variant: string, environment: readonly string[], flags: readonly string[]): Step => ({
    name: `pytorch-${variant}:${name}`,
    command: ['env', ...environment, python, peer, '--device', 'cuda', ...flags, name],
    limitS: 120,
  });
  const compiled: Step = {
    name: `pytorch-bf16-compiled:${name}`,
    command: [python, '-c', COMPILED, peer, '--device', 'cuda', '--bf16', name],
    limitS: COMPILING_LIMIT_S,
  };
  return [
    torch('fp32', ['NVIDIA_TF32_OVERRIDE=0'], []),
    torch('tf32', ['TORCH_ALLOW_TF32_CUBLAS_OVERRIDE=1'], []),
    torch('bf16', [], ['--bf16']),
    compiled,
  ];
}

function cifarSteps(images: string, project: string, device: string, cli: readonly string[]): Step[] {
  const add = (name: string, ...rest: readonly string[]): Step => ({
    name: `cifar:${name}`,
    command: [...cli, 'add', project, ...rest, '--json'],
    limitS: 600,
  });
  return [
    { name: 'cifar:new', command: [...cli, 'new', project, '--json'], limitS: 60 },
    add('labelled', '--labelled', join(images, 'labelled'), '--split', 'train'),
    add('held-out', '--labelled', join(images, 'held-out'), '--split', 'test'),
    add('unlabelled', '--unlabelled', join(images, 'unlabelled')),
    {
      name: 'cifar:run',
      command: [...cli, 'run', project, '--recipe', 'cifar-small', '--device', device, '--json'],
      limitS: 3600,
    },
  ];
}

function paritySteps(fixtures: string, quick: boolean, device: string, cli: readonly string[]): Step[] {
  const files = readdirSync(fixtures).filter((name) => name.endsWith('.json') && (!quick || name.includes('small-')));
  return files.sort().map((file) => ({
    name: `parity:${file}`,
    command: [...cli, 'parity', join(fixtures, file), '--device', device, '--json'],
    limitS: 300,
  }));
}
