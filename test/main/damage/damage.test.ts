/**
 * A finished project with one damaged file, over and over: whatever is then displayed or done is right, is recreated
 * and right, or is refused in a sentence. Here once for each kind of damage and the most important kinds of file, with
 * few checks; `npm run test:damage` checks everything after a thousand random damages.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { at } from '../../../main/at.ts';
import { openProject } from '../../../main/catalogue/project.ts';
import { checkProject } from '../../../main/pipeline/check-project.ts';
import { repair } from '../../../main/pipeline/repair-project.ts';
import { CounterRandom } from '../../../main/random.ts';
import type { StoredKind, Verdict } from '../../../main/stored-data.ts';
import { cut, flip } from '../damages.ts';
import { type Damaged, type DamageKind, damageFile, damageOne } from './damages.ts';
import { type FinishedProject, filesIn, finishedProject } from './finished-project.ts';
import { copyOf, type LookOptions, type Looks, lookAtEverything } from './looks.ts';

const COUNT = Number(process.env.DAMAGES ?? 0);
/** Copies of the project that are tested at the same time. */
const AT_ONCE = Number(process.env.DAMAGES_AT_ONCE ?? 2);
const SEED = Number(process.env.DAMAGE_SEED ?? 1);
/** The number of the first one, for running the test in parts. */
const FIRST = Number(process.env.DAMAGE_FIRST ?? 0);
/**
 * After one in this many damages all screens are checked; after the others only the report, which reads what most of
 * them read.
 */
const ALL_EACH = 4;

const FEW: readonly (readonly [DamageKind, RegExp])[] = [
  ['flip', /^runs\/teacher-\w+\/model\.safetensors$/],
  ['flip', /^scores\/.*\.parquet$/],
  ['flip', /^runs\/evaluate-\w+\/predictions\.parquet$/],
  ['cut', /^catalogue\.duckdb$/],
  ['cut', /^runs\/finetune-\w+\/metrics\.jsonl$/],
  ['empty', /^understudy\.json$/],
  ['empty', /^recipe\.json$/],
  ['swap', /^runs\/\w+-\w+\/run\.json$/],
  ['swap', /^catalogue-copy\/images-\w+\.parquet$/],
];

const KINDS: readonly StoredKind[] = [
  ...(['recipe', 'run', 'model', 'curve', 'scores', 'pixels', 'thumbnail', 'classification'] as const),
  ...(['catalogue', 'project', 'job'] as const),
];

let root: string;
let project: FinishedProject;
let files: readonly string[];
let undamaged: Looks;

beforeAll(async () => {
  root = mkdtempSync(join(tmpdir(), 'understudy-damage-'));
  project = await finishedProject(root);
  files = filesIn(project.folder);
  undamaged = await lookedAt(() => undefined);
}, 600_000);
afterAll(() => rmSync(root, { recursive: true, force: true }));

it('is right everywhere where nothing is damaged', () => {
  expect([...undamaged].filter(([, { kind }]) => kind !== 'value')).toEqual([]);
});

it.skipIf(COUNT > 0).each(FEW)(
  'is right, made again or refused in a sentence after %s of %s',
  async (damage, pattern) => {
    const random = new CounterRandom(
      SEED,
      FEW.findIndex(([, one]) => one === pattern),
    );
    const file = at(
      files.filter((one) => pattern.test(one)),
      0,
    );
    const looks = await lookedAt(
      (folder) => {
        damageFile(folder, files, file, damage, random);
      },
      { undamaged },
    );
    expect(problems(looks)).toEqual([]);
  },
);

it.skipIf(COUNT > 0)('proves every kind of file, takes away what is made again, and finds the rest whole', async () => {
  const folder = copyOf(project, mkdtempSync(join(root, 'copy-')));
  const opened = await openProject(folder);
  const verdicts = async () => {
    const found: Verdict[] = [];
    for await (const verdict of checkProject(opened, new AbortController().signal)) found.push(verdict);
    return found;
  };
  const whole = await verdicts();
  expect(whole.filter(({ state }) => state !== 'sound')).toEqual([]);
  expect(new Set(whole.map(({ kind }) => kind))).toEqual(new Set(KINDS));
  const damaged = [
    /part-0+\.parquet$/,
    /pixels-\d+\/0+\.rgb$/,
    /\.jpg$/,
    /images-0+\.parquet$/,
    /supervised.*metrics\.jsonl$/,
  ];
  for (const [place, pattern] of damaged.entries()) {
    const path = opened.path(
      at(
        files.filter((file) => pattern.test(file)),
        0,
      ),
    );
    if (place % 2 === 0) flip(path);
    else cut(path);
  }
  const found = (await verdicts()).filter((verdict) => verdict.state === 'damaged');
  expect(found.map(({ kind }) => kind).sort()).toEqual(['classification', 'curve', 'pixels', 'scores', 'thumbnail']);
  const done = new Map<StoredKind, string | undefined>();
  for (const verdict of found) done.set(verdict.kind, await repair(opened, verdict));
  expect(done.get('classification')).toBeUndefined();
  expect([...done.values()].filter((sentence) => sentence !== undefined)).toHaveLength(4);
  const left = (await verdicts()).filter((verdict) => verdict.state === 'damaged');
  expect(left.map(({ kind, wayOut }) => `${kind}: ${wayOut}`)).toEqual(['classification: classify the images again']);
  await opened.close();
});

it.skipIf(COUNT === 0)(
  `is right, made again or refused in a sentence after each of ${COUNT} damages`,
  async () => {
    expect(await lookedAt(() => undefined)).toEqual(undamaged);
    const wrong: string[] = [];
    const outcomes = new Map<string, Map<string, number>>();
    const damageAndLook = async (number: number) => {
      const random = new CounterRandom(SEED, number);
      let done: Damaged = { kind: '', file: '', damage: '' };
      const looks = await lookedAt(
        (folder) => {
          done = damageOne(folder, files, random);
        },
        { undamaged, briefly: number % ALL_EACH !== 0 },
      );
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
      for (let number = FIRST + turn; number < FIRST + COUNT; number += AT_ONCE) await damageAndLook(number);
    });
    await Promise.all(turns);
    const lines = [...outcomes].map(([kind, counts]) => `${kind}: ${JSON.stringify(Object.fromEntries(counts))}`);
    process.stderr.write(`${lines.sort().join('\n')}\n`);
    expect(wrong).toEqual([]);
  },
  240_000 + 60_000 * COUNT,
);

async function lookedAt(change: (folder: string) => void, options: LookOptions = {}): Promise<Looks> {
  const place = mkdtempSync(join(root, 'copy-'));
  const folder = copyOf(project, place);
  change(folder);
  try {
    return await lookAtEverything(place, folder, project, { briefly: COUNT === 0, unused: COUNT === 0, ...options });
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
