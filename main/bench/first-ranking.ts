/**
 * How long a person waits for the first ranking after choosing a folder of photographs: everything from an empty project
 * with an external feature extractor to the ranks of every class, as complete commands, with the time that passed and
 * the time on all processors. The second hardly depends on what else the machine does. The photographs are JPEG files of
 * 400 by 533 pixels with patches of colour and as many bytes as everyday ones.
 */
import { execFile } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { at } from '../at.ts';
import { requireGoingOn } from '../failure.ts';
import { sharp } from '../images/sharp-setup.ts';
import { CounterRandom } from '../random.ts';

const [WIDTH_PX, HEIGHT_PX, CLASSES, LABELS_A_CLASS] = [400, 533, 10, 20];
/** The colours of a photograph vary over so many places a side; between them they are interpolated. */
const [COARSE_WIDTH, COARSE_HEIGHT] = [50, 67];
/** At this quality such a picture has about 30 kB. */
const QUALITY = 90;
const AT_ONCE = 8;
const CPU_SECONDS = /cpuSeconds (\d+\.\d+)\n$/;
/** Makes a command report, as its last line of all, the time that its threads had on processors. */
const REPORTING = `data:text/javascript,${encodeURIComponent(`
  import { writeSync } from 'node:fs';
  process.on('exit', () => {
    const { user, system } = process.cpuUsage();
    writeSync(2, 'cpuSeconds ' + ((user + system) / 1e6).toFixed(2) + '\\n');
  });
`)}`;

export interface CommandTime {
  readonly case: string;
  readonly seconds: number;
  /** Over all threads of the command. */
  readonly cpuSeconds: number;
}

/** @param network an ONNX file; the last line is the sum */
export async function* firstRanking(images: number, network: string, signal: AbortSignal): AsyncGenerator<CommandTime> {
  const root = await mkdtemp(join(tmpdir(), 'understudy-first-'));
  const project = join(root, 'project');
  const [labelled, unlabelled] = [join(root, 'labelled'), join(root, 'unlabelled')];
  const sum = { seconds: 0, cpuSeconds: 0 };
  try {
    await makePhotographs(
      images,
      (image) => {
        const isLabelled = image < CLASSES * LABELS_A_CLASS;
        return isLabelled ? join(labelled, `class ${image % CLASSES}`) : unlabelled;
      },
      signal,
    );
    const device = ['--device', 'cpu'];
    const commands: readonly (readonly [string, ...string[]])[] = [
      ['new', project],
      ['add', project, '--labelled', labelled],
      ['add', project, '--unlabelled', unlabelled],
      ['bring', project, network],
      ['teacher', project, ...device],
      ['label', project, ...device],
      ['select', project, ...device],
    ];
    for (const command of commands) {
      const time = await timed(command, signal);
      sum.seconds += time.seconds;
      sum.cpuSeconds += time.cpuSeconds;
      yield { case: command[0] === 'add' ? `add ${at(command, 2).slice(2)}` : command[0], ...time };
    }
    yield { case: `first-ranking:${images}`, ...sum };
  } finally {
    await rm(root, { recursive: true, force: true });
  }
}

async function timed(command: readonly string[], signal: AbortSignal): Promise<Omit<CommandTime, 'case'>> {
  const cli = fileURLToPath(new URL('./cli.js', import.meta.url));
  const startedMs = performance.now();
  const run = promisify(execFile)(process.execPath, ['--import', REPORTING, cli, ...command], {
    signal,
    maxBuffer: 2 ** 26,
  });
  const { stderr } = await run;
  const seconds = (performance.now() - startedMs) / 1000;
  const cpuSeconds = CPU_SECONDS.exec(stderr)?.[1];
  if (cpuSeconds === undefined) throw new Error(`${command[0]} did not report its time on processors`);
  return { seconds, cpuSeconds: Number(cpuSeconds) };
}

async function makePhotographs(
  images: number,
  folderOf: (image: number) => string,
  signal: AbortSignal,
): Promise<void> {
  for (let first = 0; first < images; first += AT_ONCE) {
    requireGoingOn(signal);
    const some = Array.from({ length: Math.min(AT_ONCE, images - first) }, (_, index) => first + index);
    await Promise.all(
      some.map(async (image) => {
        const folder = folderOf(image);
        mkdirSync(folder, { recursive: true });
        writeFileSync(join(folder, `${image}.jpg`), await photograph(image));
      }),
    );
  }
}

/** A picture similar to others of its class: the same patches, and as many of its own. */
async function photograph(image: number): Promise<Buffer> {
  const [ofClass, own] = [new CounterRandom(1, image % CLASSES), new CounterRandom(2, image)];
  const length = 3 * COARSE_WIDTH * COARSE_HEIGHT;
  const patches = Buffer.from(Float64Array.from({ length }, () => 127.5 * (ofClass.uniform() + own.uniform())));
  const raw = { width: COARSE_WIDTH, height: COARSE_HEIGHT, channels: 3 } as const;
  const picture = sharp(patches, { raw }).resize(WIDTH_PX, HEIGHT_PX, { fit: 'fill', kernel: 'cubic' });
  return await picture.jpeg({ quality: QUALITY }).toBuffer();
}
