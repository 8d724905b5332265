/**
 * The cost of large sources: tar shards (SOURCES_MEGABYTES of them, 1024 in `npm run test:sources`) read by position in
 * memory that does not grow with them, and a list of SOURCES_ROWS rows (a million) over known images. With
 * SOURCES_SAY=1 figures are printed.
 */
import {
  closeSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  readFileSync,
  rmSync,
  statSync,
  truncateSync,
  writeSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { tagCounts, tagsOf } from '../../../main/catalogue/image-tags.ts';
import { createProject, openProject, type Project } from '../../../main/catalogue/project.ts';
import { openBytes } from '../../../main/images/open-bytes.ts';
import { importSource } from '../../../main/pipeline/import-source.ts';
import { locateImage } from '../../../main/pipeline/locate-image.ts';
import { tarEnd, tarEntry } from '../../../main/pipeline/tar-entry.ts';
import { CounterRandom } from '../../../main/random.ts';
import { jsonLines, startCli } from '../command-line.ts';
import { writeNoise } from '../image-files.ts';
import { requireDone } from '../sample-project.ts';
import { jpegBytes } from '../tar-file.ts';

const MEGABYTES = Number(process.env.SOURCES_MEGABYTES ?? 12);
const ROWS = Number(process.env.SOURCES_ROWS ?? 20_000);
const CLASSES = ['ant', 'bee', 'cat'];
const MINUTES_MS = 60_000;

let root: string;
let project: Project;
beforeAll(async () => {
  root = mkdtempSync(join(tmpdir(), 'understudy-large-'));
  project = await createProject(join(root, 'project'));
});
afterAll(async () => {
  await project.close();
  rmSync(root, { recursive: true, force: true });
});

function say(figures: Readonly<Record<string, unknown>>): void {
  if (process.env.SOURCES_SAY) process.stderr.write(`${JSON.stringify(figures)}\n`);
}

/** A distinct picture for each number, with a length of its own: its comment (segment COM) is random. */
function numbered(picture: Buffer, number: number): Buffer {
  const random = new CounterRandom(number + 1);
  const comment = Buffer.alloc(8 + 4 * random.integer(4000));
  comment.writeUInt16BE(0xfffe, 0);
  comment.writeUInt16BE(comment.length - 2, 2);
  for (let at = 4; at < comment.length; at += 4) comment.writeUInt32LE(random.integer(2 ** 31), at);
  return Buffer.concat([picture.subarray(0, 2), comment, picture.subarray(2)]);
}

/** Returns the number of images in it. */
function writeShard(path: string, bytes: number, picture: Buffer, first: number): number {
  const file = openSync(path, 'wx');
  let [written, images] = [0, 0];
  for (; written < bytes; images++) {
    const number = first + images;
    const key = String(number).padStart(9, '0');
    const said = { class: CLASSES[number % CLASSES.length], tags: [`tag${number % 10}`, 'all'] };
    written += writeSync(
      file,
      Buffer.concat([
        tarEntry(`${key}.jpg`, numbered(picture, number)),
        tarEntry(`${key}.json`, Buffer.from(JSON.stringify(said))),
      ]),
    );
  }
  writeSync(file, tarEnd());
  closeSync(file);
  return images;
}

interface Peak<T> {
  readonly result: T;
  /** Peak memory of this process during the work. */
  readonly megabytes: number;
  readonly seconds: number;
  /** Processor time, which other programs on the machine affect least. */
  readonly cpuSeconds: number;
}

async function peakOf<T>(work: () => Promise<T>): Promise<Peak<T>> {
  const start = performance.now();
  const before = process.cpuUsage();
  let most = 0;
  const look = () => {
    most = Math.max(most, process.memoryUsage().rss);
  };
  const watch = setInterval(look, 50);
  try {
    const result = await work();
    look();
    const { user, system } = process.cpuUsage(before);
    return {
      ...{ result, megabytes: Math.round(most / 2 ** 20) },
      ...{ seconds: (performance.now() - start) / 1000, cpuSeconds: (user + system) / 1e6 },
    };
  } finally {
    clearInterval(watch);
  }
}

/** The same for a command, if the system reports it while it runs (proc(5)): without the memory of the test itself. */
async function peakOfCommand(...words: string[]): Promise<Peak<Record<string, unknown> | undefined>> {
  const start = performance.now();
  const { process: child, finished } = startCli([...words, '--json']);
  let [most, ticks] = [0, 0];
  const look = () => {
    const [status = '', stat = ''] = ['status', 'stat'].map((name) => textOf(`/proc/${child.pid}/${name}`));
    most = Math.max(most, Number(/^VmHWM:\s+(\d+) kB$/m.exec(status)?.[1] ?? 0));
    const times = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    ticks = Math.max(ticks, Number(times[11] ?? 0) + Number(times[12] ?? 0));
  };
  const watch = setInterval(look, 50);
  try {
    const result = jsonLines(requireDone(await finished)).at(-1);
    const seconds = (performance.now() - start) / 1000;
    return { result, megabytes: Math.round(most / 1024), seconds, cpuSeconds: ticks / 100 };
  } finally {
    clearInterval(watch);
  }
}

function textOf(path: string): string {
  try {
    return readFileSync(path, 'latin1');
  } catch {
    // It ended, or this is not Linux.
    return '';
  }
}

it(
  'tar shards are read at any position, give labels and tags, and need no memory that grows with them',
  async () => {
    const picture = await jpegBytes(1, 300);
    mkdirSync(join(root, 'small'));
    mkdirSync(join(root, 'large'));
    writeShard(join(root, 'small/0.tar'), MEGABYTES * 2 ** 17, picture, 0);
    const shardBytes = MEGABYTES * 2 ** 18;
    let images = 0;
    for (let shard = 0; shard < 4; shard++) {
      images += writeShard(join(root, `large/${shard}.tar`), shardBytes, picture, images);
    }
    const add = (name: string) => importSource(project, { kind: 'labelled', folder: join(root, name), split: 'train' });
    const small = await peakOf(() => add('small'));
    const large = await peakOf(() => add('large'));
    expect(large.result).toMatchObject({ images, problems: [] });
    const again = await peakOf(() => add('large'));
    expect(again.result).toMatchObject({ images, missing: 0 });
    say({
      ...{ megabytes: MEGABYTES, images, seconds: large.seconds, cpuSeconds: large.cpuSeconds },
      ...{ rescanSeconds: again.seconds, rescanCpuSeconds: again.cpuSeconds },
      ...{ peakOfEighth: small.megabytes, peakOfAll: large.megabytes },
    });
    expect(large.megabytes - small.megabytes).toBeLessThan(256);
    const random = new CounterRandom(1);
    const source = large.result.sourceId;
    for (let draw = 0; draw < 200; draw++) {
      const number = random.integer(images);
      const [row] = await project.database.rows(
        'SELECT id FROM images WHERE source_id = ? AND ends_with(relative_path, ?)',
        [source, `${String(number).padStart(9, '0')}.jpg`],
      );
      const id = Number(row?.id);
      for await (const image of project.catalogue.eachImage({ ids: Int32Array.of(id) })) {
        expect((await openBytes(locateImage(image))).equals(numbered(picture, number))).toBe(true);
      }
      if (draw % 20 > 0) continue;
      expect((await tagsOf(project.database, [id])).get(id)).toEqual([`tag${number % 10}`, 'all']);
      const [label] = await project.database.rows(
        'SELECT name FROM current_labels JOIN classes ON classes.id = class_id WHERE image_id = ?',
        [id],
      );
      expect(label?.name).toBe(CLASSES[number % CLASSES.length]);
    }
    // A truncated shard is reported; what came before is there.
    const cut = join(root, 'large/1.tar');
    truncateSync(cut, Math.floor(statSync(cut).size / 2));
    const damaged = await add('large');
    expect(damaged.problems).toEqual([{ relativePath: '1.tar', reason: expect.stringMatching(/cut short/) }]);
    expect(damaged.missing).toBeGreaterThan(images / 10);
    expect(damaged.images + damaged.missing).toBe(images);
  },
  20 * MINUTES_MS,
);

it(
  'a list over images that the project has is added without a look at any file',
  async () => {
    const pool = join(root, 'pool');
    await writeNoise(join(pool, 'one.png'));
    const { sourceId } = await importSource(project, { kind: 'unlabelled', folder: pool, split: null });
    let { database } = project;
    const next = await database.number('SELECT max(id) + 1 FROM images');
    await database.run(
      `INSERT INTO images (id, source_id, relative_path, width_px, height_px, format, bytes, modified_ms, file_id)
       SELECT ${next} + range, ${sourceId}, (range // 1000) || '/' || range || '.jpg', 640, 480, 'jpeg', 50000 + range, range, range + 7
       FROM range(${ROWS})`,
    );
    const list = join(root, 'list.csv');
    await database.run(
      `COPY (SELECT 'pool/' || (range // 1000) || '/' || range || '.jpg' AS path, 'class' || (range % 1000) AS label,
         CASE WHEN range % 10 = 0 THEN 'val' ELSE 'train' END AS split, '#a' || (range % 97) || ' #b' AS tags FROM range(${ROWS}))
       TO '${list}' (FORMAT csv)`,
    );
    await project.close();
    const add = () => peakOfCommand('add', project.directory, '--labelled', list);
    const { result, megabytes, seconds, cpuSeconds } = await add();
    expect(result).toMatchObject({ images: ROWS, problems: [] });
    const again = await add();
    expect(again.result).toMatchObject({ images: ROWS, missing: 0 });
    project = await openProject(project.directory);
    ({ database } = project);
    const { classes, sources } = await project.catalogue.summary();
    expect(classes.filter(({ name }) => name.startsWith('class'))).toHaveLength(1000);
    const added = sources.find(({ manifest }) => manifest !== null);
    say({
      ...{ rows: ROWS, seconds, cpuSeconds, peakMegabytes: megabytes, peakOfRescan: again.megabytes },
      ...{ rescanSeconds: again.seconds, rescanCpuSeconds: again.cpuSeconds },
    });
    expect(await tagCounts(database, 1)).toEqual([{ tag: 'b', images: ROWS }]);
    const own = `SELECT count(*) FROM images WHERE source_id = ${added?.id} AND split`;
    expect(await database.number(`${own} = 'val'`)).toBe(Math.ceil(ROWS / 10));
    expect(await database.number(`${own} = 'train'`)).toBe(ROWS - Math.ceil(ROWS / 10));
    if (ROWS < 1_000_000) return;
    expect(cpuSeconds).toBeLessThan(60);
    expect(megabytes).toBeLessThan(1024);
  },
  20 * MINUTES_MS,
);
