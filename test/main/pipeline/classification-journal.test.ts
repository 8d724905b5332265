import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it, onTestFinished } from 'vitest';
import { ClassificationJournal } from '../../../main/pipeline/classification-journal.ts';
import type { ClassifiedImage } from '../../../main/pipeline/classify.ts';
import { flip } from '../damages.ts';

const BATCH = 4;
const batch = (number: number): ClassifiedImage[] =>
  Array.from({ length: BATCH }, (_, index) => ({
    place: number * BATCH + index,
    path: `${number}-${index}.jpg`,
    top: [{ className: 'ant', probability: 0.25 + index / 10 }],
    unreadable: null,
    unlike: false,
  }));

it('continues after the last intact batch, wherever a byte is changed', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'understudy-journal-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  const journal = new ClassificationJournal(folder, 'key');
  const read = async (from = journal) => {
    const places: (number | undefined)[] = [];
    for await (const [first] of from.batches()) places.push(first?.place);
    return places;
  };
  for (const number of [0, 1, 2]) journal.append(batch(number));
  const path = join(folder, 'key.jsonl');
  const whole = readFileSync(path);
  expect(await read()).toEqual([0, 4, 8]);
  for (let part = 0; part < 60; part++) {
    writeFileSync(path, whole);
    flip(path, part / 60);
    const left = whole.subarray(0, Math.floor((whole.length * part) / 60)).filter((byte) => byte === 10).length;
    expect(await read(), `part ${part}`).toEqual([0, 4, 8].slice(0, left));
    // Later batches are appended after the ones kept.
    journal.append(batch(left));
    expect(await read()).toEqual([0, 4, 8].slice(0, left + 1));
  }
  // A journal of other images or another model.
  writeFileSync(join(folder, 'other.jsonl'), whole);
  expect(await read(new ClassificationJournal(folder, 'other'))).toEqual([]);
  expect(readdirSync(folder)).toEqual(['key.jsonl']);
});
