/** A training continues from its own checkpoint, and from no other. */
import { copyFileSync, existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { CPU } from '../../../main/engines/device.ts';
import { engineOf } from '../../../main/engines/engines.ts';
import { Interrupted } from '../../../main/failure.ts';
import { StoredDataDamaged } from '../../../main/stored-data.ts';
import { batchesHere } from '../../../main/training/batch-source.ts';
import { train } from '../../../main/training/train.ts';
import type { TrainRequest } from '../../../main/training/train-request.ts';
import { readCheckpoint, removeCheckpoint, verifyCheckpoint } from '../../../main/training/training-checkpoint.ts';
import { cut, empty, flip } from '../damages.ts';
import { smallTraining } from './small-training.ts';

const CHECKPOINT = 'checkpoint.safetensors';
const METRICS = 'metrics.jsonl';

async function trained(request: TrainRequest, stopAfter = Number.POSITIVE_INFINITY): Promise<void> {
  let steps = 0;
  await train(request, engineOf(CPU), {
    shouldStop: () => ++steps >= stopAfter,
    progressed: () => undefined,
    openBatches: batchesHere,
  });
}

async function verdict(directory: string): Promise<string | undefined> {
  for await (const { state } of verifyCheckpoint(directory)) return state;
  return undefined;
}

it('refuses a checkpoint of which a byte is another, and one of another run; begun anew it comes to the same', async () => {
  const { request, folder } = await smallTraining();
  const long = { ...request, images: 40 * request.batch };
  await trained(long);
  const stopped = { ...long, runDirectory: folder() };
  await expect(trained(stopped, 20)).rejects.toThrow(Interrupted);
  const { runDirectory } = stopped;
  expect(await verdict(runDirectory)).toBe('sound');
  const [checkpoint, metrics] = [join(runDirectory, CHECKPOINT), join(runDirectory, METRICS)];
  const whole = [checkpoint, metrics].map((path) => [path, readFileSync(path)] as const);
  const other = { ...long, runDirectory: folder() };
  await expect(trained(other, 20)).rejects.toThrow(Interrupted);
  const damages: (() => void)[] = [
    ...Array.from({ length: 50 }, (_, part) => () => flip(checkpoint, part / 50)),
    // In the header: a number, and the name of the checksum.
    () => replaceIn(checkpoint, '"step":"20"', '"step":"21"'),
    () => replaceIn(checkpoint, '"checksum"', '"chacksum"'),
    () => cut(checkpoint),
    () => cut(checkpoint, 0.999),
    () => empty(checkpoint),
    () => copyFileSync(join(other.runDirectory, CHECKPOINT), checkpoint),
    () => flip(metrics, 0.3),
    () => cut(metrics),
    () => empty(metrics),
  ];
  for (const [number, damage] of damages.entries()) {
    damage();
    expect(await verdict(runDirectory), `damage ${number}`).toBe('damaged');
    await expect(readCheckpoint(runDirectory)).rejects.toThrow(StoredDataDamaged);
    for (const [path, content] of whole) writeFileSync(path, content);
  }
  flip(checkpoint);
  await expect(trained(stopped)).rejects.toThrow(/checkpoint of the run .* is damaged .*starts again/);
  removeCheckpoint(runDirectory);
  await trained(stopped);
  for (const file of ['model.safetensors', METRICS]) {
    expect(readFileSync(join(runDirectory, file)).equals(readFileSync(join(long.runDirectory, file))), file).toBe(true);
  }
  expect(existsSync(checkpoint)).toBe(false);
  expect(await verdict(runDirectory)).toBeUndefined();
  expect(readdirSync(runDirectory).filter((name) => name.endsWith('.tmp'))).toEqual([]);
});

function replaceIn(path: string, from: string, to: string): void {
  const content = readFileSync(path, 'latin1');
  expect(content).toContain(from);
  writeFileSync(path, content.replace(from, to), 'latin1');
}
