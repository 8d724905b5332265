/** What a GPU is asked, in the order of what is worth most when time is short: each step is a command of its own. */
import { readdirSync } from 'node:fs';
import { join } from 'node:path';

export interface Step {
  readonly name: string;
  readonly command: readonly string[];
  /** A step that is not done by then is stopped, and its lines so far are kept. */
  readonly limitS: number;
  /** Not asked when this step failed: a larger batch than one that did not fit. */
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

/** `program` gives the command line of one of the built programs. */
export function gpuSteps(options: StepOptions, program: (name: 'cli' | 'bench') => readonly string[]): Step[] {
  const { device, quick, output, fixtures, cifar } = options;
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

/** The peer's script with its models compiled: it has no switch for that. */
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

/** PyTorch takes TF32 for convolutions unless told otherwise, and for matrix products only when told so. */
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
