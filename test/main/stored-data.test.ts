import { describe, expect, it } from 'vitest';
import { errorOf, failureOf } from '../../main/jobs/task-failure.ts';
import { type Damage, StoredDataDamaged, verdictOn } from '../../main/stored-data.ts';

const damage: Damage = {
  kind: 'model',
  path: '/p/runs/teacher-1/model.safetensors',
  what: 'The model of the run teacher-1',
  damage: 'its checksum does not match',
  wayOut: 'bring it again',
};

describe('damage to stored data', () => {
  it('is one sentence', () => {
    expect(new StoredDataDamaged(damage).message).toBe(
      'The model of the run teacher-1 is damaged (/p/runs/teacher-1/model.safetensors: its checksum does not match): bring it again.',
    );
  });

  it('is still known as damage on another thread', () => {
    const crossed = errorOf(structuredClone(failureOf(new StoredDataDamaged(damage))));
    expect(crossed).toEqual(new StoredDataDamaged(damage));
    expect(crossed).toMatchObject({ damage });
  });

  it('is a verdict on the file; another failure is none', async () => {
    const file = { kind: 'model', path: damage.path, remade: false } as const;
    expect(await verdictOn(file, async () => 'sound')).toEqual({ state: 'sound', kind: 'model', path: damage.path });
    expect(await verdictOn(file, () => Promise.reject(new StoredDataDamaged(damage)))).toEqual({
      ...{ state: 'damaged', remade: false },
      ...damage,
    });
    await expect(verdictOn(file, () => Promise.reject(new RangeError('a bug')))).rejects.toThrow(RangeError);
  });
});
