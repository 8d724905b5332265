import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { elementCount } from '../../../main/graph/program.ts';
import { openPytorchFile } from '../../../main/models/pytorch/pytorch-file.ts';
import { storageType } from '../../../main/models/storage-types.ts';

/** Written by PyTorch 1.13 in both of its formats; `expected.json` contains what PyTorch itself read back. */
const fixture = (name: string) => `test/fixtures/pytorch/${name}.pth`;
const expected = JSON.parse(readFileSync('test/fixtures/pytorch/expected.json', 'utf8')) as Record<
  string,
  Record<string, { readonly shape: number[]; readonly sha256: string }>
>;

const files = Object.keys(expected).flatMap((name) => [`${name}-zip`, `${name}-legacy`]);

test.each(files)('%s holds the very bits that PyTorch reads', async (name) => {
  const file = await openPytorchFile(fixture(name));
  try {
    const wanted = expected[name.replace(/-(zip|legacy)$/, '')] ?? {};
    expect(Object.keys(wanted).length).toBeGreaterThan(0);
    for (const [tensor, { shape, sha256 }] of Object.entries(wanted)) {
      expect(file.tensors.get(tensor)?.shape, tensor).toEqual(shape);
      expect(digestOf(await file.float32(tensor)), tensor).toBe(sha256);
    }
  } finally {
    await file.close();
  }
});

test.each(files)('%s says at which byte the numbers of each tensor begin, unless they are scattered', async (name) => {
  const path = fixture(name);
  const bytes = new Uint8Array(readFileSync(path));
  const file = await openPytorchFile(path);
  try {
    let scattered = 0;
    for (const [tensor, { shape, type }] of file.tensors) {
      const from = file.placeOf(tensor);
      const { bits, toFloat32 } = storageType(type);
      if (!toFloat32 || elementCount(shape) === 0) continue;
      if (from === undefined) scattered += 1;
      else {
        const numbers = new Float32Array(elementCount(shape));
        toFloat32(bytes.subarray(from, from + (numbers.length * bits) / 8), numbers, 0);
        expect(numbers, tensor).toEqual(await file.float32(tensor));
      }
    }
    expect(scattered > 0).toBe(name.startsWith('views'));
  } finally {
    await file.close();
  }
});

test('the weights are found beside the optimizer and the best accuracy of a training script', async () => {
  const file = await openPytorchFile(fixture('data-parallel-zip'));
  expect([...file.tensors.keys()]).toContain('module.fc.weight');
  await file.close();
});

test('integers are listed and are no weights', async () => {
  const file = await openPytorchFile(fixture('plain-legacy'));
  expect(file.tensors.get('bn1.num_batches_tracked')).toEqual({ shape: [], type: 'I64' });
  await expect(file.float32('bn1.num_batches_tracked')).rejects.toThrow('I64');
  await file.close();
});

test('a whole network saved as an object is refused by its name', async () => {
  await expect(openPytorchFile(fixture('whole-object-zip'))).rejects.toThrow(
    /torch\.nn\.modules\.linear\.Linear.*state_dict/,
  );
});

function digestOf(floats: Float32Array): string {
  return createHash('sha256')
    .update(new Uint8Array(floats.buffer, floats.byteOffset, floats.byteLength))
    .digest('hex');
}
