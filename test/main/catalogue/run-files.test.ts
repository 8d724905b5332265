import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { beforeEach, describe, expect, it } from 'vitest';
import {
  adoptRunFiles,
  findRunFile,
  isAdopted,
  MODEL,
  openIfRunFile,
  openRunFile,
  recordRunFiles,
  verifyRunFiles,
} from '../../../main/catalogue/run-files.ts';
import { sha256OfFile } from '../../../main/checksum.ts';
import { StoredDataDamaged } from '../../../main/stored-data.ts';
import { cut, empty, flip, remove, swapWith } from '../damages.ts';

const NAMES = [MODEL, 'selection.parquet', 'classes.json'];
let [run, other] = ['', ''];

beforeEach(async () => {
  const runs = mkdtempSync(join(tmpdir(), 'understudy-run-files-'));
  [run, other] = [join(runs, 'teacher-1'), join(runs, 'teacher-2')];
  for (const [number, directory] of [run, other].entries()) {
    mkdirSync(directory);
    for (const name of NAMES) writeFileSync(join(directory, name), `${name} `.repeat(100 + number));
    await recordRunFiles(directory, NAMES);
  }
});

const verdicts = async () => {
  const found: string[] = [];
  for await (const { state } of verifyRunFiles(run)) found.push(state);
  return found;
};

it('misses a file that must be there when the list was begun anew without it', async () => {
  empty(join(run, 'checksums.json'));
  await recordRunFiles(run, ['classes.json']);
  const found: string[] = [];
  for await (const verdict of verifyRunFiles(run, [MODEL, 'classes.json']))
    found.push(`${verdict.kind} ${verdict.state}`);
  expect(found).toEqual(['run sound', 'model damaged']);
});

describe('a file of a run', () => {
  it('opens as it was written', async () => {
    for (const name of NAMES) expect(await openRunFile(run, name)).toBe(join(run, name));
    expect(await verdicts()).toEqual(['sound', 'sound', 'sound']);
    const { sha256 } = await sha256OfFile(join(run, MODEL));
    expect(readFileSync(join(run, 'checksums.json'), 'utf8')).toContain(`sha256:${sha256}`);
  });

  it.each([
    ['a flipped byte', flip, 'its checksum does not match'],
    ['a flipped byte at the end', (path: string) => flip(path, 0.999), 'its checksum does not match'],
    ['a cut', cut, /it has \d+ bytes instead of \d+/],
    ['emptiness', empty, 'it is empty'],
    ['another run’s file', (path: string) => swapWith(path.replace('teacher-1', 'teacher-2'))(path), 'bytes instead'],
    ['another file of the run', (path: string) => swapWith(join(run, 'classes.json'))(path), 'bytes instead'],
    ['loss', remove, 'it is missing'],
  ])('is refused after %s, also when it was opened before', async (_, damage, words) => {
    for (const name of [MODEL, 'selection.parquet']) {
      await openRunFile(run, name);
      damage(join(run, name));
      const opened = openRunFile(run, name);
      await expect(opened).rejects.toThrow(StoredDataDamaged);
      await expect(openRunFile(run, name)).rejects.toThrow(words);
      await expect(findRunFile(run, name)).rejects.toThrow('of the run teacher-1 is damaged');
    }
    expect(await verdicts()).toEqual(['damaged', 'damaged', 'sound']);
  });

  it('of the same length and of another name or run is refused', async () => {
    const [selection, classes] = [join(run, 'selection.parquet'), join(run, 'classes.json')];
    for (const directory of [run, other]) {
      for (const name of NAMES) writeFileSync(join(directory, name), 'the same');
      await recordRunFiles(directory, NAMES);
    }
    expect(await openRunFile(run, 'selection.parquet')).toBe(selection);
    // The list of the other run, whose files have the same bytes.
    swapWith(join(other, 'checksums.json'))(join(run, 'checksums.json'));
    await expect(openRunFile(run, 'classes.json')).rejects.toThrow('The list of checksums of the run teacher-1');
    expect(readFileSync(classes, 'utf8')).toBe('the same');
  });

  it.each([flip, cut, empty, remove])('is refused where its list is damaged', async (damage) => {
    damage(join(run, 'checksums.json'));
    for (const name of NAMES) await expect(openRunFile(run, name)).rejects.toThrow('The list of checksums');
    expect(await verdicts()).toEqual(['damaged']);
    await recordRunFiles(run, [MODEL]);
    await expect(openRunFile(run, 'classes.json')).rejects.toThrow('it is not in its list of checksums');
    expect(await openRunFile(run, MODEL)).toBe(join(run, MODEL));
  });

  it('that the run never had is undefined, and an unfinished one does not count', async () => {
    expect(await findRunFile(run, 'predictions.parquet')).toBeUndefined();
    writeFileSync(join(run, 'predictions.parquet'), 'half of it');
    await expect(findRunFile(run, 'predictions.parquet')).rejects.toThrow('it is not in its list of checksums');
    expect(await findRunFile(join(run, '..', 'nowhere'), MODEL)).toBeUndefined();
  });

  it('of a model that was brought says what to bring again', async () => {
    await recordRunFiles(run, [MODEL], { broughtIn: 'resnet18.safetensors' });
    await recordRunFiles(run, ['classes.json']);
    flip(join(run, MODEL));
    await expect(openRunFile(run, MODEL)).rejects.toThrow('import resnet18.safetensors again');
    const found = [];
    for await (const verdict of verifyRunFiles(run)) if (verdict.state === 'damaged') found.push(verdict.remade);
    expect(found).toEqual([false]);
  });
});

describe('a run from before there were checksums', () => {
  beforeEach(async () => {
    rmSync(join(run, 'checksums.json'));
    expect(await adoptRunFiles(run)).toBe(true);
    expect(await adoptRunFiles(run)).toBe(false);
  });

  it('is taken as it is, and each file proved once it was used', async () => {
    expect(await isAdopted(run)).toBe(true);
    expect(await verdicts()).toEqual(['unproven', 'unproven', 'unproven']);
    flip(join(run, 'classes.json'));
    expect(await openRunFile(run, MODEL)).toBe(join(run, MODEL));
    expect((await verdicts()).sort()).toEqual(['sound', 'unproven', 'unproven']);
    flip(join(run, MODEL));
    await expect(openRunFile(run, MODEL)).rejects.toThrow('its checksum does not match');
    await expect(openRunFile(run, 'predictions.parquet')).rejects.toThrow('it is missing');
  });
});

it('a model that a person names is proved where it lies in a run', async () => {
  expect(await openIfRunFile(join(run, MODEL))).toBe(join(run, MODEL));
  const outside = join(run, '..', 'mine.safetensors');
  swapWith(join(run, MODEL))(outside);
  flip(join(run, MODEL));
  flip(outside);
  await expect(openIfRunFile(join(run, MODEL))).rejects.toThrow(StoredDataDamaged);
  expect(await openIfRunFile(outside)).toBe(outside);
});
