import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, it } from 'vitest';
import { OnnxGraph } from '../../../main/engines/onnxruntime/onnx-graph.ts';
import { describeModel } from '../../../main/models/checkpoint.ts';
import { describeExtractor, FeatureExtractor } from '../../../main/models/onnx/feature-extractor.ts';
import { OnnxUnreadable } from '../../../main/models/onnx/onnx-file.ts';
import { readWholeOnnx } from '../../../main/models/onnx/whole-onnx.ts';

const [SIZE_PX, FROM] = [4, 4096];
const WEIGHT = Float32Array.of(1, 2, 3, 4, 5, 6, 7, 8, 9);
const root = mkdtempSync(join(tmpdir(), 'understudy-whole-onnx-'));
afterAll(() => rmSync(root, { recursive: true }));

/** The product of the channels' means with matrices whose numbers are in files beside it. */
function network(places: readonly (readonly [location: string, from: number])[]): Uint8Array {
  const graph = new OnnxGraph();
  const picture = graph.input('picture', ['batch', 3, SIZE_PX, SIZE_PX], 'float32');
  let means = graph.node('Flatten', [graph.node('GlobalAveragePool', [picture])], { axis: 1 });
  for (const [location, from] of places) {
    means = graph.node('MatMul', [means, graph.storedTensor([3, 3], location, { type: 'F32', from })]);
  }
  graph.output(graph.named('embedding', means), ['batch', 3], 'float32');
  return graph.encode();
}

function written(folder: string, places: readonly (readonly [location: string, from: number])[]): string {
  mkdirSync(join(root, folder, 'weights'), { recursive: true });
  const numbers = Buffer.concat([Buffer.alloc(FROM), Buffer.from(WEIGHT.buffer)]);
  for (const name of ['net.onnx.data', 'weights/a.bin']) writeFileSync(join(root, folder, name), numbers);
  const path = join(root, folder, 'net.onnx');
  writeFileSync(path, network(places));
  return path;
}

it('weights beside a network are taken into it, which then runs without them', async () => {
  const path = written('beside', [
    ['net.onnx.data', FROM],
    ['weights/a.bin', FROM],
  ]);
  const { extractor } = await describeExtractor(path, { provider: 'cpu' });
  expect(extractor).toMatchObject({ tensor: 'embedding', dimension: 3 });
  const alone = join(root, 'alone.onnx');
  writeFileSync(alone, await readWholeOnnx(path));
  const opened = await FeatureExtractor.open(alone, extractor, { provider: 'cpu' });
  const features = await opened.features(new Float32Array(3 * SIZE_PX ** 2).fill(1), 1);
  await opened.close();
  // (1, 1, 1) · W = (12, 15, 18), and that · W again.
  expect([...features]).toEqual([198, 243, 288]);
});

it('a network that has its weights inside stays as it is', async () => {
  const path = join(root, 'inside.onnx');
  writeFileSync(path, network([]));
  expect(Buffer.from(await readWholeOnnx(path)).equals(Buffer.from(network([])))).toBe(true);
});

it.each([
  ['are missing', [['other.data', 0]], 'put that file beside it'],
  ['are a folder', [['weights', 0]], 'put that file beside it'],
  ['are above its folder', [['../beside/net.onnx.data', FROM]], 'not in its folder'],
  ['are anywhere', [['/etc/passwd', 0]], 'not in its folder'],
  ['are cut short', [['net.onnx.data', FROM + 4]], 'too short'],
  ['begin nowhere', [['net.onnx.data', -1]], 'not a number'],
  ['are the same few bytes a thousand times', Array.from({ length: 1000 }, () => ['net.onnx.data', FROM]), 'too short'],
] as const)('a network whose weights %s is refused in one sentence', async (_, places, why) => {
  const path = written('refused', places as readonly (readonly [string, number])[]);
  const refusal = await describeExtractor(path, { provider: 'cpu' }).catch((error: unknown) => error);
  expect(refusal).toBeInstanceOf(OnnxUnreadable);
  expect((refusal as Error).message).toContain(why);
  expect((refusal as Error).message).not.toContain('\n');
});

it.each([
  ['nowhere', undefined, 'there is no such file'],
  ['folder', 'a folder', 'it is not a file'],
  ['pointer', 'version https://git-lfs.github.com/spec/v1\noid sha256:00\nsize 14234234\n', 'git lfs pull'],
  ['page', '<!DOCTYPE html><html></html>', 'not an ONNX model'],
])('what is no network but %s is refused in one sentence', async (name, content, why) => {
  const path = join(root, `${name}.onnx`);
  if (content === 'a folder') mkdirSync(path);
  else if (content !== undefined) writeFileSync(path, content);
  const refusal = await describeExtractor(path, { provider: 'cpu' }).catch((error: unknown) => error);
  expect(refusal).toBeInstanceOf(OnnxUnreadable);
  expect((refusal as Error).message).toContain(why);
  expect((refusal as Error).message).not.toContain('\n');
});

it('weights that are only a Git LFS pointer are refused with the command that fetches them', async () => {
  const path = join(root, 'pointer.safetensors');
  writeFileSync(path, 'version https://git-lfs.github.com/spec/v1\noid sha256:00\nsize 14234234\n');
  await expect(describeModel(path)).rejects.toThrow('git lfs pull');
});
