/**
 * A finished project of which one file is damaged, over and over: whatever is then looked at or done is right, made again and
 * right, or refused in a sentence. Asked for with `npm run test:damage`: not all kinds of files prove themselves yet.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { CounterRandom } from '../../../main/random.ts';
import { damageOne } from './damages.ts';
import { type FinishedProject, filesIn, finishedProject } from './finished-project.ts';
import { copyOf, type Looks, lookAtEverything } from './looks.ts';

const COUNT = Number(process.env.DAMAGES ?? 0);
/** Copies of the project that are open at the same time. */
const AT_ONCE = 2;
const SEED = Number(process.env.DAMAGE_SEED ?? 1);

let root: string;
let project: FinishedProject;
let undamaged: Looks;

beforeAll(async () => {
  if (COUNT === 0) return;
  root = mkdtempSync(join(tmpdir(), 'understudy-damage-'));
  project = await finishedProject(root);
  undamaged = await lookedAt(() => undefined);
}, 600_000);
afterAll(() => {
  if (COUNT > 0) rmSync(root, { recursive: true, force: true });
});

it.skipIf(COUNT === 0)('looks the same twice where nothing is damaged', async () => {
  expect([...undamaged].filter(([, { kind }]) => kind !== 'value')).toEqual([]);
  expect(await lookedAt(() => undefined)).toEqual(undamaged);
});

it.skipIf(COUNT === 0)(
  `is right, made again or refused in a sentence after each of ${COUNT} damages`,
  async () => {
    const files = filesIn(project.folder);
    const wrong: string[] = [];
    const outcomes = new Map<string, Map<string, number>>();
    const damageAndLook = async (number: number) => {
      const random = new CounterRandom(SEED, number);
      let done = { kind: '', file: '', damage: '' };
      const looks = await lookedAt((folder) => {
        done = damageOne(folder, files, random);
      });
      const found = problems(looks);
      wrong.push(...found.map((problem) => `damage ${number}: ${done.file} ${done.damage}: ${problem}`));
      const refused = [...looks.values()].some(({ kind }) => kind === 'refused');
      const outcome = found.length > 0 ? 'wrong' : refused ? 'refused' : 'right';
      const counts = outcomes.get(done.kind) ?? new Map<string, number>();
      outcomes.set(done.kind, counts.set(outcome, (counts.get(outcome) ?? 0) + 1));
      for (const problem of found) process.stderr.write(`${number}: ${problem.slice(0, 600)}\n`);
      process.stderr.write(`${number} ${done.file} ${done.damage}: ${outcome}\n`);
    };
    const turns = Array.from({ length: AT_ONCE }, async (_, turn) => {
      for (let number = turn; number < COUNT; number += AT_ONCE) await damageAndLook(number);
    });
    await Promise.all(turns);
    const lines = [...outcomes].map(([kind, counts]) => `${kind}: ${JSON.stringify(Object.fromEntries(counts))}`);
    process.stderr.write(`${lines.sort().join('\n')}\n`);
    expect(wrong).toEqual([]);
  },
  240_000 + 60_000 * COUNT,
);

async function lookedAt(change: (folder: string) => void): Promise<Looks> {
  const place = mkdtempSync(join(root, 'copy-'));
  const folder = copyOf(project, place);
  change(folder);
  try {
    return await lookAtEverything(place, folder, project);
  } finally {
    rmSync(place, { recursive: true, force: true });
  }
}

function problems(looks: Looks): string[] {
  return [...looks].flatMap(([name, found]) => {
    if (found.kind === 'refused') return [];
    if (found.kind === 'broken') return [`${name} broke: ${found.stack}`];
    const right = undamaged.get(name);
    if (right?.kind === 'value' && right.value === found.value) return [];
    return [
      `${name} is wrong: ${found.value.slice(0, 300)} where ${right?.kind === 'value' ? right.value.slice(0, 300) : ''} is right`,
    ];
  });
}
