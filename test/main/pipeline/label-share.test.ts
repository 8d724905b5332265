/** A labelling in shares, by independent commands: the same bytes as by one, whatever happens to them. */
import { execFileSync } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { z } from 'zod';
import { at } from '../../../main/at.ts';
import { createProject, openProject } from '../../../main/catalogue/project.ts';
import { importFolder } from '../../../main/pipeline/import-folder.ts';
import { labelShare, type Share } from '../../../main/pipeline/label-share.ts';
import { here } from '../command-here.ts';
import { jsonLines, startCli } from '../command-line.ts';
import { writeJpeg } from '../image-files.ts';
import { settings } from '../test-settings.ts';
import { addTinyImages, drawTinyImages, signal, TINY } from './tiny-method.ts';

const root = mkdtempSync(join(tmpdir(), 'understudy-shares-'));
const images = join(root, 'images');
const taught = join(root, 'taught');
/** 12 images: three partitions, the last one short. */
const OPTIONS = { ...TINY, set: [...TINY.set, 'label.partitionImages=5'] };
const WORDS = ['--recipe', OPTIONS.recipe, '--device', OPTIONS.device, '--set', ...OPTIONS.set];

const container = z.object({ command: z.array(z.string()), args: z.array(z.string()) });
/** Does immediately what Slurm would queue. */
const SBATCH = `#!/bin/bash
set -e
for word; do
  case "$word" in --array=0-*) last=\${word#--array=0-};; esac
  command=$word
done
if [ -n "$last" ]; then
  for task in $(seq 0 "$last"); do
    SLURM_ARRAY_TASK_ID=$task SLURM_ARRAY_TASK_COUNT=$((last + 1)) bash -ec "$command" >&2
  done
else
  bash -ec "$command" >&2
fi
echo 4711
`;

let whole: ReturnType<typeof scoresOf>;

beforeAll(async () => {
  await drawTinyImages(images);
  const project = await createProject(taught);
  await addTinyImages(project, images);
  await project.close();
  expect(await here('teacher', taught, ...WORDS)).toMatchObject({ code: 0 });
  const alone = copyOf('alone');
  expect(await here('label', alone, ...WORDS)).toMatchObject({ code: 0 });
  whole = scoresOf(alone);
});
afterAll(() => rmSync(root, { recursive: true, force: true }));

/** A copy of a project with its teacher, and nothing labelled. */
function copyOf(name: string): string {
  cpSync(taught, join(root, name), { recursive: true });
  return join(root, name);
}

/** Every file of the scores, by name. */
function scoresOf(directory: string): ReadonlyMap<string, string> {
  const [run = 'none'] = readdirSync(join(directory, 'scores'));
  const folder = join(directory, 'scores', run);
  const names = existsSync(folder) ? readdirSync(folder).sort() : [];
  return new Map(names.map((name) => [`${run}/${name}`, readFileSync(join(folder, name)).toString('base64')]));
}

function partitionsOf(scores: ReadonlyMap<string, string>): ReadonlyMap<string, string> {
  return new Map([...scores].filter(([name]) => /\/part-\d+\.parquet(\.done)?$/.test(name)));
}

/** The numbers of the partitions marked done. */
function partitionsDone(directory: string): number[] {
  return [...scoresOf(directory).keys()].flatMap((name) => {
    const [, number] = /part-(\d+)\.parquet\.done$/.exec(name) ?? [];
    return number === undefined ? [] : [Number(number)];
  });
}

/** `wrote` in order of number: one partition is written while the next is computed, and may be finished first. */
async function share(directory: string, { index, of }: Share, asked: AbortSignal = signal) {
  const project = await openProject(directory, { besideOthers: true });
  const wrote: number[] = [];
  const host = {
    signal: asked,
    began: () => {},
    noted: () => {},
    progress: () => {},
    wrote: (one: { partition: number }) => wrote.push(one.partition),
  };
  try {
    const outcome = await labelShare(project, OPTIONS, { index, of }, host);
    return { wrote: wrote.sort(), ...outcome };
  } finally {
    await project.close();
  }
}

it('by three commands at once, two of them doing the same, and finished by a plain one', async () => {
  const directory = copyOf('at-once');
  const shares = ['0/2', '0/2', '1/2'].map((name) =>
    startCli(['label', directory, ...WORDS, '--partition', name, '--json']),
  );
  const ended = await Promise.all(shares.map(({ finished }) => finished));
  expect(ended).toMatchObject([{ code: 0 }, { code: 0 }, { code: 0 }]);
  expect(partitionsOf(scoresOf(directory))).toEqual(partitionsOf(whole));
  expect([...scoresOf(directory).keys()].filter((name) => !name.includes('/part-'))).toEqual([]);
  expect(ended.map((one) => jsonLines(one).at(-1))).toMatchObject([
    { event: 'shareFinished', share: '0/2', partitions: 2 },
    { event: 'shareFinished', share: '0/2', partitions: 2 },
    { event: 'shareFinished', share: '1/2', partitions: 1 },
  ]);
  const finished = await here('label', directory, ...WORDS, '--json');
  expect(finished).toMatchObject({ code: 0 });
  expect(scoresOf(directory)).toEqual(whole);
});

it('by one that is killed in the middle, and goes on', async () => {
  const directory = copyOf('killed');
  const { process: child, finished } = startCli(['label', directory, ...WORDS, '--partition', '0/1', '--json']);
  child.stdout?.on('data', (data) => String(data).includes('partitionLabelled') && child.kill('SIGKILL'));
  await finished;
  const done = partitionsDone(directory);
  expect(done.length).toBeGreaterThan(0);
  // If the kill hit the writing of a partition, such a half-written file exists already.
  const scores = join(directory, 'scores', at(readdirSync(join(directory, 'scores')), 0));
  writeFileSync(join(scores, 'part-00002.parquet.0a1b2c3d.tmp'), 'half');
  const again = await share(directory, { index: 0, of: 1 });
  expect([...done, ...again.wrote].sort()).toEqual([0, 1, 2]);
  expect(partitionsOf(scoresOf(directory))).toEqual(partitionsOf(whole));
  expect(await share(directory, { index: 0, of: 1 })).toMatchObject({ wrote: [], written: 0, partitions: 3 });
  expect(await here('label', directory, ...WORDS)).toMatchObject({ code: 0 });
  expect(scoresOf(directory)).toEqual(whole);
});

it.skipIf(process.platform === 'win32')(
  'by the files for clusters: a pod of the indexed job, then the job array and what follows it',
  async () => {
    const directory = copyOf('clusters');
    const built = fileURLToPath(new URL('../../../dist/cli.js', import.meta.url));
    const docs = (name: string) => fileURLToPath(new URL(`../../../docs/fleet/${name}`, import.meta.url));
    const job = z
      .object({
        spec: z.object({
          completions: z.number(),
          template: z.object({ spec: z.object({ containers: z.array(container) }) }),
        }),
      })
      .parse(parse(readFileSync(docs('kubernetes.yaml'), 'utf8')));
    const pod = at(job.spec.template.spec.containers, 0);
    const args = pod.args.map((text) => text.replace('/understudy/dist/cli.js', built).replace('/project', directory));
    const env = { ...process.env, UNDERSTUDY_HOME: settings };
    execFileSync(at(pod.command, 0), [...pod.command.slice(1), ...args], {
      env: { ...env, JOB_COMPLETION_INDEX: '1' },
      stdio: 'pipe',
    });
    expect(pod.args.join()).toContain(`/${job.spec.completions}`);
    expect([...partitionsOf(scoresOf(directory)).keys()].filter((name) => name.endsWith('.done'))).toEqual([
      expect.stringContaining('part-00001.parquet.done'),
    ]);
    const tools = join(root, 'tools');
    mkdirSync(tools);
    writeFileSync(join(tools, 'sbatch'), SBATCH, { mode: 0o755 });
    const slurm = {
      ...env,
      PATH: `${tools}:${process.env.PATH}`,
      DIR: directory,
      SHARES: '2',
      UNDERSTUDY: `node ${built}`,
    };
    execFileSync('bash', [docs('slurm.sh')], { env: slurm, stdio: 'pipe' });
    expect(scoresOf(directory)).toEqual(whole);
  },
);

it('by one command on two devices at once, of which one fails', async () => {
  const directory = copyOf('devices');
  const two = WORDS.map((word) => (word === 'cpu' ? 'cpu,cpu' : word));
  const { process: command, finished } = startCli(['label', directory, ...two, '--json']);
  const children = `/proc/${command.pid}/task/${command.pid}/children`;
  const processes = () =>
    existsSync(children)
      ? readFileSync(children, 'utf8')
          .trim()
          .split(' ')
          .filter((one) => one !== '')
      : [];
  // Each device computes in a process of its own.
  while (process.platform === 'linux' && processes().length < 2 && command.exitCode === null) await wait(20);
  if (process.platform === 'linux') process.kill(Number(at(processes(), 0)), 'SIGKILL');
  const ended = await finished;
  expect(ended).toMatchObject({ code: 0 });
  if (process.platform === 'linux') expect(ended.stderr).toMatch(/The compute process ended by SIGKILL/);
  expect(scoresOf(directory)).toEqual(whole);
  // Stored with the recipe, until another device is requested.
  expect(JSON.parse(readFileSync(join(directory, 'recipe.json'), 'utf8'))).toMatchObject({
    engine: { device: 'cpu' },
    label: { devices: ['cpu', 'cpu'] },
  });
  const { code, stderr } = await here('label', directory, '--device', 'cpu,warp');
  expect({ code, stderr }).toEqual({ code: 2, stderr: expect.stringContaining('label.devices') });
});

describe('where the pixel cache is', () => {
  it('gone, the files are decoded', async () => {
    const directory = copyOf('uncached');
    rmSync(join(directory, 'cache'), { recursive: true });
    expect(await share(directory, { index: 0, of: 1 })).toMatchObject({ wrote: [0, 1, 2] });
    expect(existsSync(join(directory, 'cache'))).toBe(false);
    expect(partitionsOf(scoresOf(directory))).toEqual(partitionsOf(whole));
  });

  it('damaged, the files are decoded, and it stays as it is', async () => {
    const directory = copyOf('damaged');
    const [cache = ''] = readdirSync(join(directory, 'cache')).filter((name) => name.startsWith('pixels-'));
    const records = join(directory, 'cache', cache, '000000.rgb');
    const bytes = readFileSync(records);
    bytes.fill(0, bytes.length - 600);
    writeFileSync(records, bytes);
    await share(directory, { index: 0, of: 1 });
    expect(partitionsOf(scoresOf(directory))).toEqual(partitionsOf(whole));
    expect(readFileSync(records).equals(bytes)).toBe(true);
  });

  it('without an image that is damaged, nothing is labelled that would be another labelling', async () => {
    const directory = copyOf('broken');
    const more = join(root, 'more');
    await writeJpeg(join(more, 'whole.jpg'), { seed: 91 });
    const jpeg = readFileSync(join(more, 'whole.jpg'));
    writeFileSync(join(more, 'cut.jpg'), jpeg.subarray(0, Math.floor(jpeg.length / 2)));
    const project = await openProject(directory);
    await importFolder(project, { kind: 'unlabelled', folder: more, split: null });
    await project.close();
    await expect(share(directory, { index: 2, of: 3 })).rejects.toThrow(
      /^The image .*cut\.jpg cannot be read .*understudy teacher DIR/,
    );
    expect(partitionsOf(scoresOf(directory)).size).toBe(0);
    expect(await here('teacher', directory, ...WORDS)).toMatchObject({ code: 0 });
    expect(await share(directory, { index: 2, of: 3 })).toMatchObject({ wrote: [2] });
  });
});

describe('refused in one sentence', () => {
  it.each(['1', '2/2', '-1/2', '0/0', '1.5/2', 'a/b', '0/2/4', ''])('a share that is none: %s', async (name) => {
    const { code, stderr, stdout } = await here('label', taught, ...WORDS, `--partition=${name}`);
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
    expect(stderr).toContain('It must be i/n with i from 0 to n − 1, such as 0/16 for the first of sixteen.');
  });

  it.each([
    ['--estimate', /^--estimate is for the whole/],
    ['--effort=quick', /^--effort measures each machine again/],
  ])('what shares cannot do: %s', async (option, sentence) => {
    const { code, stderr } = await here('label', taught, '--partition', '0/2', option);
    expect({ code, stderr }).toEqual({ code: 2, stderr: expect.stringMatching(sentence) });
  });

  it('a project without the teacher', async () => {
    const { code, stderr } = await here('label', taught, ...WORDS, 'seed=7', '--partition', '0/2');
    expect({ code, stderr }).toEqual({
      code: 1,
      stderr: expect.stringMatching(/^There is no teacher for this recipe .*understudy teacher .*\n$/),
    });
  });

  it('a project that is open somewhere', async () => {
    const project = await openProject(taught);
    const { code, stderr } = await startCli(['label', taught, ...WORDS, '--partition', '0/2']).finished;
    await project.close();
    expect({ code, stderr }).toEqual({
      code: 1,
      stderr: expect.stringMatching(/^The project .* is open in another process/),
    });
  });
});

it('more shares than partitions leave nothing to some, which say so', async () => {
  const directory = copyOf('many');
  const { code, stdout } = await here('label', directory, ...WORDS, '--partition', '7/9');
  expect({ code, stdout }).toEqual({ code: 0, stdout: expect.stringContaining('Share 7/9 is done: 0 partitions') });
  expect(partitionsOf(scoresOf(directory)).size).toBe(0);
});
