/**
 * kill -9 at random moments of every stage, again and again: the result is bit for bit that of an undisturbed run. A
 * few kills in every test run; `npm run test:kills` does fifty, and `npm run test:kills:ranks` two hundred of
 * labelling, ranking and selection alone.
 */
import type { ChildProcess } from 'node:child_process';
import { createHash } from 'node:crypto';
import { cpSync, mkdtempSync, readdirSync, readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { expect, it } from 'vitest';
import { CounterRandom } from '../../../main/random.ts';
import { here } from '../command-here.ts';
import { jsonLines, startCli } from '../command-line.ts';
import { createSampleProject, generateMiniature, QUICK, requireDone } from '../sample-project.ts';

const KILLS = Number(process.env.KILLS ?? 2);
const SEED = Number(process.env.KILL_SEED ?? 1);
/** When the kills happen, in turn: at any time in a process's life, or soon after a stage has begun. */
const ALL = ['anywhere', 'teacher', 'label', 'pretrain', 'finetune', 'select', 'supervised', 'evaluate'] as const;
/**
 * Only the labelling, with its ranking, and the selection: a project with an existing teacher is killed during these.
 */
const RANKS = process.env.KILL_RANKS !== undefined;
const AIMS: readonly (typeof ALL)[number][] = RANKS ? ['label', 'select'] : ALL;
const WORK = RANKS ? ['select', 'label.partitionImages=16'] : ['run'];
const EARLIEST_MS = 150;
const LATEST_MS = 3500;
/** Within the duration of the stage here: selecting takes less time than training. */
const SOON_MS = { teacher: 400, label: 150, select: 30, supervised: 300, pretrain: 400, finetune: 300, evaluate: 150 };

it(
  `ends the same after ${KILLS} kills as undisturbed`,
  async () => {
    const root = mkdtempSync(join(tmpdir(), 'understudy-kills-'));
    const sample = await generateMiniature(root);
    const fresh = join(root, 'fresh');
    await createSampleProject(fresh, sample);
    const [command = 'run', ...settings] = WORK;
    const words = [...QUICK, ...settings, '--json'];
    if (RANKS) requireDone(await here('teacher', fresh, ...QUICK));
    const undisturbed = join(root, 'undisturbed');
    cpSync(fresh, undisturbed, { recursive: true });
    const summary = jsonLines(requireDone(await here(command, undisturbed, ...words))).at(-1);
    const wanted = contents(undisturbed);

    const random = new CounterRandom(SEED);
    const struck = new Map<string, number>();
    let kills = 0;
    for (let round = 0; kills < KILLS; round++) {
      const project = join(root, `killed-${round}`);
      cpSync(fresh, project, { recursive: true });
      for (let finished = false; !finished; ) {
        const { process: child, finished: end } = startCli([command, project, ...words]);
        if (kills < KILLS) await Promise.race([end, momentOf(AIMS[kills % AIMS.length] ?? 'anywhere', child, random)]);
        if (kills < KILLS && child.exitCode === null) {
          child.kill('SIGKILL');
          const stage = String(jsonLines(await complete(end)).at(-1)?.stage ?? 'start');
          struck.set(stage, (struck.get(stage) ?? 0) + 1);
          kills++;
        } else {
          const last = jsonLines(requireDone(await end)).at(-1);
          expect(last?.top1).toEqual(summary?.top1);
          finished = true;
        }
      }
      expect(contents(project)).toEqual(wanted);
      expect(leftovers(project)).toEqual([]);
      const [status] = jsonLines(requireDone(await here('status', project, '--json')));
      const runs = (status?.runs ?? []) as { state: string }[];
      expect(runs.map(({ state }) => state)).not.toContain('failed');
    }
    if (KILLS >= 2 * AIMS.length)
      expect([...struck.keys()]).toEqual(expect.arrayContaining(AIMS.filter((aim) => aim !== 'anywhere')));
    process.stderr.write(`kills by the last stage heard of: ${JSON.stringify(Object.fromEntries(struck))}\n`);
  },
  KILLS * 30_000 + 480_000,
);

/** Resolves when the kill is due; never, if the targeted stage was done before. */
async function momentOf(aim: (typeof ALL)[number], child: ChildProcess, random: CounterRandom): Promise<void> {
  if (aim === 'anywhere') {
    await wait(EARLIEST_MS + random.integer(LATEST_MS - EARLIEST_MS));
    return;
  }
  await new Promise<void>((begun) => {
    let said = '';
    child.stdout?.on('data', (data) => {
      said += String(data);
      if (said.includes(`"event":"stageStarted","stage":"${aim}"`)) begun();
    });
  });
  await wait(random.integer(SOON_MS[aim]));
}

/** A killed process may leave half a line. */
async function complete(end: ReturnType<typeof startCli>['finished']) {
  const finished = await end;
  return { ...finished, stdout: finished.stdout.slice(0, finished.stdout.lastIndexOf('\n') + 1) };
}

/**
 * Hashes of the results of runs: models, curves, scores, ranks, selections, evaluations. Times and paths are not
 * included.
 */
function contents(project: string): Record<string, string> {
  const kept = /(model\.safetensors|metrics\.jsonl|\.parquet|ranks\.bin|evaluations\.json)$/;
  const files = ['runs', 'scores'].flatMap((folder) =>
    readdirSync(join(project, folder), { recursive: true, encoding: 'utf8' }).flatMap((name) =>
      kept.test(name) ? [join(folder, name)] : [],
    ),
  );
  return Object.fromEntries(
    files.sort().map((name) => {
      const data = readFileSync(join(project, name));
      return [name, createHash('sha256').update(data).digest('hex')];
    }),
  );
}

/** Everything that no finished run owns. */
function leftovers(project: string): string[] {
  return readdirSync(project, { recursive: true, encoding: 'utf8' }).filter(
    (name) => name.endsWith('.tmp') || name.endsWith('checkpoint.safetensors') || name.endsWith('.wal'),
  );
}
