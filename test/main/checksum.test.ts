import { mkdtemp, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { checksumOf, checksumOfFile, RunningChecksum, recordChecksum, sha256OfFile } from '../../main/checksum.ts';

const bytes = Uint8Array.from({ length: 2_500_000 }, (_, index) => (index * 7 + (index >> 8)) & 255);

describe('checksums', () => {
  it('are xxHash64', () => {
    // The specification's value for no bytes and the seed 0, and xxhsum's for “abc”.
    expect(recordChecksum(new Uint8Array(), 0n)).toBe(0xef46db3751d8e999n);
    expect(recordChecksum(Buffer.from('abc'), 0n)).toBe(0x44bc2cf5ad770999n);
  });

  it('do not depend on where the bytes are cut', () => {
    const running = new RunningChecksum('a model');
    for (let start = 0; start < bytes.length; start += 777_777) running.update(bytes.subarray(start, start + 777_777));
    expect(running.digest()).toBe(checksumOf('a model', bytes));
    expect(checksumOf('a model', bytes.subarray(0, 5), bytes.subarray(5))).toBe(checksumOf('a model', bytes));
  });

  it('differ for a flipped bit, a cut byte, and the same bytes under another name', () => {
    const flipped = bytes.slice();
    flipped[1_234_567] = 1 ^ bytes.subarray(1_234_567, 1_234_568).reduce((_, byte) => byte, 0);
    const others = [checksumOf('x', flipped), checksumOf('x', bytes.subarray(1)), checksumOf('y', bytes)];
    expect(new Set([checksumOf('x', bytes), ...others]).size).toBe(4);
  });

  it('are the same of a file as of its bytes', async () => {
    const path = join(await mkdtemp(join(tmpdir(), 'understudy-checksum-')), 'file');
    await writeFile(path, bytes);
    expect(await checksumOfFile(path, 'x')).toEqual({ bytes: bytes.length, checksum: checksumOf('x', bytes) });
    await writeFile(path, 'abc');
    const sha256 = 'ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad';
    expect(await sha256OfFile(path)).toEqual({ bytes: 3, sha256 });
  });
});
