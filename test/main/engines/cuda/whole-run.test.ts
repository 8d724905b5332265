/** The whole method on an NVIDIA card, from the command line; the card is the stand-in for its driver, on the processor. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { openProject } from '../../../../main/catalogue/project.ts';
import type { ProbeReport } from '../../../../main/doctor/examine-devices.ts';
import { TESTED_TRAINING } from '../../../../main/doctor/self-test.ts';
import { checksumOfKernels } from '../../../../main/engines/cuda/kernels.ts';
import { loadModel } from '../../../../main/models/checkpoint.ts';
import { MeasuredRates } from '../../../../main/pipeline/measured-rates.ts';
import { readRuns } from '../../../../main/pipeline/runs.ts';
import { PROGRAM_VERSION } from '../../../../main/program-version.ts';
import { startCli } from '../../command-line.ts';
import { colouredProject } from '../../pipeline/coloured-project.ts';
import { standInLibrary } from './stand-in-card.ts';

const library = standInLibrary();
const root = mkdtempSync(join(tmpdir(), 'understudy-cuda-'));
afterAll(() => rmSync(root, { recursive: true }));

const SMALL = [
  ...['imageSizePx=8', 'batch=8', 'select.k=3', 'select.leakGuard=false', 'select.nearDuplicateGuard=false'],
  ...['teacher.model=small-basic', 'teacher.width=4', 'teacher.blocks=[1]', 'teacher.training.images=48'],
  ...['student.model=small-basic', 'student.width=4', 'student.blocks=[1]', 'supervised.training.images=16'],
  ...['pretrain.images=16', 'finetune.images=16', 'engine.checkpointSeconds=0'],
];

interface Asked {
  readonly device: string;
  /** `STAND_IN_FAILS` without its file, and how often. */
  readonly fails?: string;
  readonly times?: number;
  readonly set?: readonly string[];
  /** `run`, the whole method, by default. */
  readonly goal?: 'run' | 'teacher';
  readonly cards?: number;
  /** What a test is remembered to have said of each card. */
  readonly verdicts?: readonly ProbeReport[];
}

/** The final results of the method, by stage, and its messages on the way. */
async function outcome(
  name: string,
  { device, fails, times = 1, set = [], goal = 'run', cards = 1, verdicts = [] }: Asked,
) {
  const project = await colouredProject(join(root, name));
  const { directory } = project;
  await project.close();
  const home = join(root, `${name}-settings`);
  // The measured speed of a device must not matter here.
  const known = { ...TESTED_TRAINING, kind: 'train', imageSizePx: 48, threads: null, imagesPerSecond: 1e6 } as const;
  await new MeasuredRates(home).remember({ ...known, device });
  writeFileSync(join(home, 'tested-cards.json'), rememberedVerdicts(verdicts));
  const left = join(root, `${name}-failures`);
  writeFileSync(left, `${times}\n`);
  const settings = [...SMALL, ...set].flatMap((setting) => ['--set', setting]);
  const { code, stdout, stderr } = await startCli([goal, directory, '--device', device, '--json', ...settings], {
    UNDERSTUDY_CUDA_DRIVER: library ?? '',
    UNDERSTUDY_HOME: home,
    STAND_IN_CARDS: String(cards),
    ...(fails === undefined ? {} : { STAND_IN_FAILS: `${fails}:${left}` }),
  }).finished;
  const events = stdout
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as Record<string, unknown>);
  const again = await openProject(directory);
  try {
    const runs = new Map((await readRuns(again)).map((run) => [run.stage, run]));
    const weights = async (stage: 'teacher' | 'finetune') =>
      (await loadModel(again.path('runs', runs.get(stage)?.id ?? '', 'model.safetensors'))).weights;
    const models = new Map<string, ReadonlyMap<string, Float32Array>>();
    for (const stage of ['teacher', 'finetune'] as const) if (runs.has(stage)) models.set(stage, await weights(stage));
    return { code, stderr, runs, models, events, notes: events.flatMap(({ message }) => message ?? []) as string[] };
  } finally {
    await again.close();
  }
}

/** What the settings remember of the test of each card. */
function rememberedVerdicts(verdicts: readonly ProbeReport[]): string {
  const kernels = checksumOfKernels();
  return JSON.stringify(
    verdicts.map((report, card) => {
      const name = card === 0 ? 'stand-in' : `stand-in ${card + 1}`;
      const title = `${name} on the processor, compute capability 8.0, driver for CUDA 13.0`;
      const of = `${title}, kernels ${kernels}, Understudy ${PROGRAM_VERSION}`;
      return { device: card === 0 ? 'cuda' : `cuda:${card}`, of, report };
    }),
  );
}

/**
 * `npm run test:kernels` does all of these runs; `npm test` does one of each kind, which goes no further than
 * necessary.
 */
const isThorough = process.env.KERNEL_DRAWS !== undefined;
const goal = isThorough ? 'run' : 'teacher';

describe.skipIf(!library)('run --device cuda', () => {
  const undisturbed = library ? outcome('undisturbed', { device: 'cuda' }) : undefined;

  it('goes from teacher to comparison, as on the processor', async () => {
    const found = await undisturbed;
    const wanted = await outcome('on-the-processor', { device: 'cpu' });
    expect(found?.code, found?.stderr).toBe(0);
    expect(found && [...found.runs.keys()].sort()).toEqual([...wanted.runs.keys()].sort());
    for (const [stage, run] of found?.runs ?? []) {
      expect([stage, run.engine, run.device, run.state]).toEqual([stage, 'cuda', 'cuda', 'succeeded']);
      const { finalLoss } = run.metrics;
      if (finalLoss !== undefined) {
        expect(finalLoss, stage).toBeCloseTo(wanted.runs.get(stage)?.metrics.finalLoss ?? Number.NaN, 4);
      }
    }
  });

  it.each(isThorough ? ['abort', 'error'] : ['abort'])(
    'goes on from its checkpoint on the same card after one %s, to the same bits',
    async (way) => {
      const wanted = await undisturbed;
      const found = await outcome(`one-${way}`, { device: 'cuda', fails: `${way}:4`, goal });
      expect(found.code, found.stderr).toBe(0);
      expect(found.models.get('teacher')).toEqual(wanted?.models.get('teacher'));
      expect(found.models.get('finetune')).toEqual(isThorough ? wanted?.models.get('finetune') : undefined);
      expect(found.notes.filter((note) => note.includes('The device cuda failed'))).toEqual([
        expect.stringMatching(
          /^The device cuda failed: .*The work continues from its last checkpoint, once more on cuda\.$/,
        ),
      ]);
    },
  );

  it.runIf(isThorough)(
    'computes in bf16 where the recipe asks for it, in runs of other names, near what float32 learns',
    async () => {
      const wanted = await undisturbed;
      const found = await outcome('in-bf16', { device: 'cuda', set: ['engine.precision=bf16'] });
      expect(found.code, found.stderr).toBe(0);
      for (const stage of ['teacher', 'finetune'] as const) {
        const [half, full] = [found.runs.get(stage)?.metrics.finalLoss, wanted?.runs.get(stage)?.metrics.finalLoss];
        expect(half, stage).not.toBe(full);
        expect(Math.abs((half ?? Number.NaN) / (full ?? Number.NaN) - 1), stage).toBeLessThan(0.1);
      }
    },
  );

  it.runIf(isThorough)('trains on two cards at once, on each to the bits of one alone', async () => {
    const wanted = await undisturbed;
    const both = await Promise.all(
      ['cuda', 'cuda:1'].map((device, card) => outcome(`card-${card}`, { device, cards: 2, goal: 'teacher' })),
    );
    for (const [card, { code, stderr, models, runs }] of both.entries()) {
      expect(code, stderr).toBe(0);
      expect(runs.get('teacher')?.device).toBe(card === 0 ? 'cuda' : 'cuda:1');
      expect(models.get('teacher')).toEqual(wanted?.models.get('teacher'));
    }
  });

  it.runIf(isThorough)('labels partitions on two cards at once, and learns the same from them', async () => {
    const wanted = await undisturbed;
    const found = await outcome('two-cards', { device: 'cuda,cuda:1', cards: 2, set: ['label.partitionImages=4'] });
    expect(found.code, found.stderr).toBe(0);
    expect(found.models.get('finetune')).toEqual(wanted?.models.get('finetune'));
  });

  it.runIf(isThorough)('is chosen by auto where it passes its test; a card that did not is passed over', async () => {
    const rates = { worstError: 1e-6, imagesPerSecond: 1e9 };
    const verdicts = [
      { works: false, reason: 'its gradients differ' } as const,
      { works: true, ...rates, bf16: rates } as const,
    ];
    const found = await outcome('auto', { device: 'auto', cards: 2, goal: 'teacher', verdicts });
    expect(found.code, found.stderr).toBe(0);
    expect(found.runs.get('teacher')?.device).toBe('cuda:1');
  });

  it('is refused in bf16 by a device that has none', async () => {
    const refused = await outcome('bf16-on-a-processor', { device: 'cpu', set: ['engine.precision=bf16'] });
    expect(refused.code).toBe(1);
    expect(refused.stderr).toContain('The device cpu only computes in float32');
  });

  it('goes on elsewhere when the card fails again', async () => {
    const found = await outcome('twice', { device: 'cuda', fails: 'abort:2', times: 2, goal });
    expect(found.code, found.stderr).toBe(0);
    expect(found.notes).toContainEqual(
      expect.stringMatching(/^The work continues from its last checkpoint on (cpu|webgpu)\.$/),
    );
    expect(found.runs.get(isThorough ? 'evaluate' : 'teacher')?.state).toBe('succeeded');
  });
});

it.skipIf(!library || !isThorough)(
  'the doctor tells a card that computes wrongly from one that is right, with its rate in each precision',
  async () => {
    const { code, stdout, stderr } = await startCli(['doctor', '--json'], {
      UNDERSTUDY_CUDA_DRIVER: library ?? '',
      UNDERSTUDY_HOME: join(root, 'doctor-settings'),
      STAND_IN_CARDS: '2',
      STAND_IN_WRONG: '0',
    }).finished;
    expect(code, stderr).toBe(0);
    const lines = stdout
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as Record<string, unknown>);
    const of = (device: string) => lines.find((line) => line.device === device);
    expect(of('cuda')).toMatchObject({
      works: false,
      reason: expect.stringMatching(/^its gradients differ from the CPU's by 1.0e\+0/),
    });
    expect(of('cuda:1')).toMatchObject({
      works: true,
      memoryBytes: 2 ** 30,
      precisions: ['fp32', 'bf16'],
      imagesPerSecond: expect.any(Number),
      bf16: { imagesPerSecond: expect.any(Number), worstError: expect.any(Number) },
    });
  },
);
