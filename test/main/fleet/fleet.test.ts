/**
 * Labelling by a fleet: a real Redis server, workers in separate processes that are killed at any moment, a Redis that
 * forgets everything in the middle, a worker whose clock is wrong. One kill in `npm test`; `npm run test:fleet` has
 * twenty.
 */
import type { ChildProcess } from 'node:child_process';
import { cpSync, mkdtempSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { at } from '../../../main/at.ts';
import { createProject } from '../../../main/catalogue/project.ts';
import { CounterRandom } from '../../../main/random.ts';
import { sealed } from '../../../main/sealed-json.ts';
import { here } from '../command-here.ts';
import { type Finished, startCli } from '../command-line.ts';
import { writeJpeg } from '../image-files.ts';
import { addTinyImages, drawTinyImages, TINY } from '../pipeline/tiny-method.ts';
import { freePort, RedisServer, redisAbsence } from './redis-server.ts';

const KILLS = Number(process.env.FLEET_KILLS ?? 1);
const SEED = Number(process.env.FLEET_SEED ?? 1);
/** Partitions of two images. */
const MORE_IMAGES = KILLS > 1 ? 300 : 36;
const SILENT_SECONDS = KILLS > 1 ? 4 : 2;

const root = mkdtempSync(join(tmpdir(), 'understudy-fleet-'));
const taught = join(root, 'taught');
const WORDS = ['--recipe', TINY.recipe, '--device', 'cpu', '--set', ...TINY.set, 'label.partitionImages=2'];

/** Jumps to another date at each reading, days before and after. */
const WRONG_CLOCK = join(root, 'wrong-clock.cjs');
writeFileSync(
  WRONG_CLOCK,
  `const now = Date.now; let looks = 0;
   Date.now = () => now() + (looks++ % 2 === 0 ? 1 : -1) * 5 * 24 * 3600 * 1000;`,
);

const absence = redisAbsence();
let redis: RedisServer;
let whole: ReadonlyMap<string, string>;
const started = new Set<ChildProcess>();

beforeAll(async () => {
  if (absence !== undefined) return;
  redis = await RedisServer.start();
  const images = join(root, 'images');
  await drawTinyImages(images);
  for (let seed = 500; seed < 500 + MORE_IMAGES; seed++)
    await writeJpeg(join(images, 'unlabelled', `${seed}.jpg`), { seed });
  const project = await createProject(taught);
  await addTinyImages(project, images);
  await project.close();
  expect(await here('teacher', taught, ...WORDS)).toMatchObject({ code: 0 });
  expect(await here('label', copyOf('alone'), ...WORDS)).toMatchObject({ code: 0 });
  whole = scoresOf(join(root, 'alone'));
});
afterEach(() => {
  for (const child of started) child.kill('SIGKILL');
  started.clear();
});
afterAll(async () => {
  await redis?.end();
  rmSync(root, { recursive: true, force: true });
});

function copyOf(name: string): string {
  cpSync(taught, join(root, name), { recursive: true });
  return join(root, name);
}

function scoresOf(directory: string): ReadonlyMap<string, string> {
  const [run = 'none'] = readdirSync(join(directory, 'scores'));
  const folder = join(directory, 'scores', run);
  return new Map(
    readdirSync(folder).map((name) => [`${run}/${name}`, readFileSync(join(folder, name)).toString('base64')]),
  );
}

interface Started {
  readonly process: ChildProcess;
  readonly finished: Promise<Finished>;
}

/** `onLine` receives its output, one event at a time. */
function start(
  args: readonly string[],
  onLine: (event: Record<string, unknown>) => void = () => {},
  environment: Readonly<Record<string, string>> = {},
): Started {
  const one = startCli([...args, '--json'], environment);
  started.add(one.process);
  let rest = '';
  one.process.stdout?.on('data', (data) => {
    const lines = `${rest}${data}`.split('\n');
    rest = lines.pop() ?? '';
    for (const line of lines) onLine(JSON.parse(line) as Record<string, unknown>);
  });
  return one;
}

describe.skipIf(absence !== undefined)(`a fleet${absence === undefined ? '' : `: ${absence}`}`, () => {
  it('gives the same bytes as one machine, whichever one is killed, forgets or has a wrong clock', async () => {
    const directory = copyOf('fleet');
    const random = new CounterRandom(SEED, 0);
    const done = new Map<number, number>();
    let [kills, restarts] = [0, 0];
    const workers = new Set<ChildProcess>();
    const begin = (environment: Readonly<Record<string, string>> = {}) => {
      const said = (event: Record<string, unknown>) => {
        if (event.event !== 'partitionLabelled') return;
        const partition = Number(event.partition);
        done.set(partition, (done.get(partition) ?? 0) + 1);
        if (done.size >= MORE_IMAGES / 6 && restarts++ === 0) void redis.kill().then(() => redis.begin());
        // Early, so that there is something left for the next one.
        if (kills >= KILLS || random.uniform() > 0.4) return;
        kills++;
        setTimeout(() => {
          worker.process.kill('SIGKILL');
          workers.delete(worker.process);
          begin(environment);
        }, 30 * random.uniform());
      };
      const worker = start(
        ['worker', redis.url, '--device', 'cpu', '--silent-seconds', String(SILENT_SECONDS)],
        said,
        environment,
      );
      workers.add(worker.process);
    };
    const { finished } = start(['label', directory, ...WORDS, '--fleet', redis.url]);
    begin();
    if (KILLS > 1) begin();
    begin({ NODE_OPTIONS: `--require ${WRONG_CLOCK}` });
    const ended = await finished;
    expect(ended).toMatchObject({ code: 0 });
    expect(scoresOf(directory)).toEqual(whole);
    expect(readdirSync(join(directory, 'runs', labelRun(directory)))).not.toContain('fleet.json');
    expect({ kills, restarts: restarts > 0 }).toEqual({ kills: KILLS, restarts: true });
    expect([...done.values()].filter((times) => times > 1)).toEqual([]);
    const all = [...workers];
    const ends = all.map((child) => new Promise((resolve) => child.once('exit', (code) => resolve(code))));
    for (const child of all) child.kill('SIGTERM');
    expect(await Promise.all(ends)).toEqual(all.map(() => 130));
  });

  it('labels where nobody is left after it was stopped, and takes over what they did', async () => {
    const directory = copyOf('stopped');
    let stopping = false;
    const { process: coordinator, finished } = start(['label', directory, ...WORDS, '--fleet', redis.url]);
    const { process: worker, finished: workerEnded } = start(['worker', redis.url, '--device', 'cpu'], ({ event }) => {
      if (event !== 'partitionLabelled' || stopping) return;
      stopping = true;
      coordinator.kill('SIGINT');
    });
    expect(await finished).toMatchObject({ code: 130 });
    worker.kill('SIGINT');
    expect(await workerEnded).toMatchObject({
      code: 130,
      stderr: expect.stringMatching(/others take over what was not finished\.\n$/),
    });
    expect(await here('label', directory, ...WORDS)).toMatchObject({ code: 0 });
    expect(scoresOf(directory)).toEqual(whole);
  });

  it('reads the images itself where the pixel cache is not there, and gives the same bytes', async () => {
    const directory = copyOf('undecoded');
    rmSync(join(directory, 'cache'), { recursive: true });
    const { finished } = start(['label', directory, ...WORDS, '--fleet', redis.url, '--workers-decode']);
    const { process: worker } = start(['worker', redis.url, '--device', 'cpu']);
    expect(await finished).toMatchObject({ code: 0 });
    worker.kill('SIGKILL');
    expect(scoresOf(directory)).toEqual(whole);
    expect(readdirSync(join(directory, 'cache'))).toEqual([]);
    const left = readdirSync(join(directory, 'runs', labelRun(directory)));
    expect(left.filter((name) => name.startsWith('fleet'))).toEqual([]);
  });

  describe('refuses in one sentence', () => {
    it('workers that decode where there is no fleet, no teacher yet, or int8, which is calibrated on pixels', async () => {
      const without = await here('label', taught, ...WORDS, '--workers-decode');
      expect(without).toMatchObject({ code: 2, stderr: expect.stringMatching(/--workers-decode is .* give --fleet/) });
      const decoding = ['--fleet', redis.url, '--workers-decode'];
      const untaught = await here('label', copyOf('untaught'), ...WORDS, 'seed=7', ...decoding);
      expect(untaught).toMatchObject({ code: 1, stderr: expect.stringMatching(/There is no teacher for this recipe/) });
      const int8 = await here('label', copyOf('int8'), ...WORDS, '--int8', ...decoding);
      expect(int8).toMatchObject({ code: 1, stderr: expect.stringMatching(/int8 is calibrated on decoded pixels/) });
    });

    it.each(['http://127.0.0.1', 'redis://', 'somewhere', ''])('what is no address: “%s”', async (url) => {
      for (const words of [
        ['worker', url],
        ['label', taught, '--fleet', url],
      ]) {
        const { code, stderr } = await here(...words);
        expect({ code, stderr }).toEqual({
          code: 2,
          stderr: expect.stringContaining('is not the address of a Redis server: give one such as'),
        });
      }
    });

    it('a Redis that does not answer, and shows no password', async () => {
      const port = await freePort();
      for (const words of [
        ['worker', `redis://me:secret@127.0.0.1:${port}`, '--device', 'cpu'],
        ['label', copyOf('unreachable'), ...WORDS, '--fleet', `redis://me:secret@127.0.0.1:${port}`],
      ]) {
        const { code, stderr } = await here(...words);
        const sentence = new RegExp(
          `Redis cannot be reached at redis://127.0.0.1:${port} \\(.*\\): start it there.*\\n$`,
        );
        expect({ code, stderr }).toEqual({ code: 1, stderr: expect.stringMatching(sentence) });
        expect(stderr).not.toContain('secret');
      }
    });

    it('a project that a worker does not find, or that another version ordered; one that does finishes', async () => {
      const directory = copyOf('moved');
      const { finished } = start(['label', directory, ...WORDS, '--fleet', redis.url]);
      const ordered = () =>
        readdirSync(join(directory, 'runs')).flatMap((run) => readdirSync(join(directory, 'runs', run)));
      await until(() => ordered().includes('fleet.json'));
      const order = join(directory, 'runs', labelRun(directory), 'fleet.json');
      // As on a machine with the folder at another path: workers identify it by its description.
      const description = join(directory, 'understudy.json');
      renameSync(description, `${description}.away`);
      const lost = await start(['worker', redis.url, '--device', 'cpu']).finished;
      expect(lost).toMatchObject({
        code: 1,
        stderr: expect.stringMatching(/The project .*moved is not found on this machine: .*--project.*\n$/),
      });
      renameSync(`${description}.away`, description);
      const text = readFileSync(order, 'utf8');
      const { checksum: _, ...content } = JSON.parse(text);
      writeFileSync(order, sealed(`fleet/${labelRun(directory)}`, { ...content, program: 'Understudy 9.9.9' }));
      const other = await start(['worker', redis.url, '--device', 'cpu']).finished;
      expect(other).toMatchObject({
        code: 1,
        stderr: expect.stringMatching(/was ordered by another version \(Understudy 9\.9\.9; .*\n$/),
      });
      writeFileSync(order, text);
      const { process: worker } = start(['worker', redis.url, '--device', 'cpu,cpu', '--project', directory]);
      expect(await finished).toMatchObject({ code: 0 });
      worker.kill('SIGKILL');
      expect(scoresOf(directory)).toEqual(whole);
    });
  });
});

function labelRun(directory: string): string {
  return at(
    readdirSync(join(directory, 'runs')).filter((name) => name.startsWith('label-')),
    0,
  );
}

async function until(holds: () => boolean): Promise<void> {
  while (!holds()) await new Promise((resolve) => setImmediate(resolve));
}
