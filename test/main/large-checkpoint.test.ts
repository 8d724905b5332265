/**
 * What a checkpoint of 1.3 GB takes: ResNeXt-101 32x24d by formula, eight pictures, one command. At its peak the process has at
 * most 1.5 times the file's size, all of Node and the images included. Minutes and 1.3 GB of disk: `npm run test:checkpoint`.
 */
import { mkdirSync, mkdtempSync, rmSync, statSync } from 'node:fs';
import { open } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { parameterShapes } from '../../main/models/network.ts';
import { eachReferenceTensor } from '../../main/models/reference-weights.ts';
import { residualFamily } from '../../main/models/residual/residual-family.ts';
import { startCli } from './command-line.ts';
import { writeJpeg } from './image-files.ts';
import { requireDone } from './sample-project.ts';

const NETWORK = { ...residualFamily.resnext101_32x4d, widthPerGroup: 24, classes: 1000 };
const MOST = 1.5;
const MINUTES_MS = 60_000;

/** Prints how much memory the process had at the most, in KiB. */
const SAY_PEAK = `data:text/javascript,${encodeURIComponent(
  "process.on('exit', () => console.error('PEAK', process.resourceUsage().maxRSS));",
)}`;

async function writeCheckpoint(path: string): Promise<void> {
  let end = 0;
  const header = [...parameterShapes(NETWORK)].map(([name, shape]) => {
    const from = end;
    end += 4 * shape.reduce((product, size) => product * size, 1);
    return [name, { dtype: 'F32', shape, data_offsets: [from, end] }] as const;
  });
  const text = Buffer.from(JSON.stringify(Object.fromEntries(header)));
  const length = Buffer.alloc(8);
  length.writeBigUInt64LE(BigInt(text.length));
  const file = await open(path, 'w');
  try {
    await file.writeFile(length);
    await file.writeFile(text);
    for (const [, { buffer }] of eachReferenceTensor(NETWORK)) await file.writeFile(new Uint8Array(buffer));
  } finally {
    await file.close();
  }
}

it.skipIf(!process.env.LARGE_CHECKPOINT)(
  'a checkpoint of 1.3 GB classifies with 1.5 times its size (skipped without LARGE_CHECKPOINT)',
  async () => {
    const folder = mkdtempSync(join(tmpdir(), 'understudy-checkpoint-'));
    try {
      const path = join(folder, 'large.safetensors');
      await writeCheckpoint(path);
      const pictures = join(folder, 'pictures');
      mkdirSync(pictures);
      for (let seed = 1; seed <= 8; seed++) await writeJpeg(join(pictures, `${seed}.jpg`), { seed });
      const environment = { NODE_OPTIONS: `--import=${SAY_PEAK}` };
      const done = await startCli(['classify', path, pictures], environment).finished;
      requireDone(done);
      expect(done.stdout.trim().split('\n')).toHaveLength(9);
      const peakBytes = 1024 * Number(/PEAK (\d+)/.exec(done.stderr)?.[1]);
      const share = peakBytes / statSync(path).size;
      process.stderr.write(`${Math.round(peakBytes / 1e6)} MB, ${share.toFixed(2)} times the file\n`);
      expect(share).toBeLessThan(MOST);
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  },
  30 * MINUTES_MS,
);
