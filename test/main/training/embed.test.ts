/** Feature extraction with a network from elsewhere, killed on the way and continued. */
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { at } from '../../../main/at.ts';
import { CPU } from '../../../main/engines/device.ts';
import { Interrupted } from '../../../main/failure.ts';
import { buildPixelCache } from '../../../main/images/build-pixel-cache.ts';
import { architecture } from '../../../main/models/family.ts';
import { describeExtractor, type Extractor } from '../../../main/models/onnx/feature-extractor.ts';
import { referenceWeights } from '../../../main/models/reference-weights.ts';
import { cacheImage } from '../../../main/pipeline/locate-image.ts';
import { onnxModel } from '../../../main/pipeline/onnx-model.ts';
import { type EmbedRequest, embed } from '../../../main/training/embed.ts';
import { FeatureStore } from '../../../main/training/feature-store.ts';
import { writeJpeg } from '../image-files.ts';

const IMAGES = 12;
const root = mkdtempSync(join(tmpdir(), 'understudy-embed-'));
const networkPath = join(root, 'network.onnx');
let extractor: Extractor;
let cacheDirectory: string;
afterAll(() => rmSync(root, { recursive: true }));

beforeAll(async () => {
  const network = { ...architecture('small-basic', 10), layers: [1], width: 16 };
  const described = { network, weights: referenceWeights(network), classNames: [], imageSizePx: 14, provenance: {} };
  writeFileSync(networkPath, onnxModel(described));
  ({ extractor } = await describeExtractor(networkPath, { provider: 'cpu' }));
  cacheDirectory = join(root, 'pixels');
  const images = [];
  for (let id = 0; id < IMAGES; id++) {
    const path = join(root, `${id}.jpg`);
    await writeJpeg(path, { seed: id + 1 });
    const { size: bytes, mtimeMs: modifiedMs } = statSync(path);
    images.push(cacheImage({ id, folder: root, relativePath: `${id}.jpg`, bytes, modifiedMs, format: 'jpeg' }));
  }
  await buildPixelCache({ directory: cacheDirectory, sizePx: extractor.preprocessing.sizePx / 0.875, images });
});

/** Saves after every batch, as a longer pass does after every few seconds. */
const request = (name: string, ids = Array.from({ length: IMAGES }, (_, id) => id)): EmbedRequest => ({
  ...{ target: { device: CPU, threads: 1 }, networkPath, extractor, cacheDirectory, cacheSizePx: 16 },
  ...{ imageIds: Int32Array.from(ids), versions: ids.map(String), storeDirectory: join(root, name) },
  ...{ batch: 2, keepMs: 0 },
});
const filesOf = (name: string) =>
  readdirSync(join(root, name))
    .sort()
    .map((file) => readFileSync(join(root, name, file)).toString('base64'));
const quiet = { shouldStop: () => false, progressed: () => {} };

test('killed after any batch, it goes on where it was and ends with the same bits', async () => {
  expect(await embed(request('store'), quiet)).toMatchObject({ images: IMAGES });
  const whole = filesOf('store');
  rmSync(join(root, 'store'), { recursive: true });
  let batches = 0;
  const killed = {
    shouldStop: () => false,
    // Like a kill: nothing runs after it.
    progressed: () => {
      if (++batches === 4) throw new Error('killed');
    },
  };
  await expect(embed(request('store'), killed)).rejects.toThrow('killed');
  expect(await embed(request('store'), quiet)).toMatchObject({ images: IMAGES - 6 });
  expect(filesOf('store')).toEqual(whole);
  expect(await embed(request('store'), quiet)).toMatchObject({ images: 0 });
});

test('asked to stop, it keeps what it saw; more images later join those that are there', async () => {
  const stopped = { shouldStop: () => true, progressed: () => {} };
  await expect(embed(request('other'), stopped)).rejects.toThrow(Interrupted);
  expect(await embed(request('other', [1, 3, 5, 7, 9]), quiet)).toMatchObject({ images: 4 });
  const store = new FeatureStore(join(root, 'other'), extractor.dimension);
  const some = await store.gather(Int32Array.of(0, 9));
  await embed(request('whole'), quiet);
  const all = await new FeatureStore(join(root, 'whole'), extractor.dimension).gather(Int32Array.of(0, 9));
  const largest = Math.max(...all.map(Math.abs));
  for (const [place, value] of some.entries()) expect(Math.abs(value - at(all, place))).toBeLessThan(0.01 * largest);
});
