/**
 * The collection for the demo, generated here instead of downloaded: few labelled images, many unlabelled ones in
 * uneven numbers, including objects of no class, near-copies (also of held-out images), and broken files.
 */
import { existsSync } from 'node:fs';
import { mkdir, readFile, rename, utimes, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { TEMPORARY_SUFFIX, writeTextAtomically } from '../../atomic-file.ts';
import { Interrupted } from '../../failure.ts';
import { CounterRandom, mix32 } from '../../random.ts';
import { photograph } from './scene.ts';
import { distractors, sampleClasses, type Thing } from './shapes.ts';

export interface SampleOptions {
  readonly seed: number;
  readonly labelledPerClass: number;
  readonly unlabelled: number;
  readonly heldOutPerClass: number;
  readonly sizePx: number;
  readonly signal?: AbortSignal;
  readonly onProgress?: (done: number, total: number) => void;
}

export interface SampleCollection {
  readonly labelled: string;
  readonly unlabelled: string;
  readonly heldOut: string;
  /** Files of all kinds, including broken ones. */
  readonly files: number;
}

interface SampleFile {
  readonly path: string;
  make(): Promise<Buffer>;
}

const FILES_AT_ONCE = 8;
/** The file that is written last. */
export const SAMPLE_MARK = 'sample.json';
/** The time of every file: a file is identified by its size and time, which must be the same wherever it is drawn. */
const DRAWN_AT = new Date('2019-05-02T00:00:00Z');
const DISTRACTOR_SHARE = 0.15;
const NEAR_COPY_SHARE = 0.03;
const LEAKS = 12;
const FOLDERS = ['2023/harbour', '2023/garden', '2024/workshop', '2024/attic', '2025/märkt', 'unsorted'];

/** Draws what is missing; a finished collection is left unchanged. */
export async function generateSampleCollection(directory: string, options: SampleOptions): Promise<SampleCollection> {
  const folders = sampleFolders(directory);
  const files = planFiles(folders, options);
  const collection = { ...folders, files: files.length };
  const { seed, labelledPerClass, unlabelled, heldOutPerClass, sizePx } = options;
  const marker = join(directory, SAMPLE_MARK);
  const content = JSON.stringify({ seed, labelledPerClass, unlabelled, heldOutPerClass, sizePx });
  if ((await readFile(marker, 'utf8').catch(() => '')) === content) return collection;
  for (const folder of new Set(files.map(({ path }) => dirname(path)))) await mkdir(folder, { recursive: true });
  for (let first = 0; first < files.length; first += FILES_AT_ONCE) {
    if (options.signal?.aborted) throw new Interrupted();
    await Promise.all(files.slice(first, first + FILES_AT_ONCE).map(writeMissing));
    options.onProgress?.(Math.min(files.length, first + FILES_AT_ONCE), files.length);
  }
  await writeTextAtomically(marker, content);
  return collection;
}

/** The paths of the three parts. */
export function sampleFolders(directory: string): Folders {
  return {
    labelled: join(directory, 'labelled'),
    unlabelled: join(directory, 'unlabelled'),
    heldOut: join(directory, 'held-out'),
  };
}

/** Whether the collection is complete. */
export function isSampleDrawn(directory: string): boolean {
  return existsSync(join(directory, SAMPLE_MARK));
}

/**
 * Draws single files of the collection ahead of their turn: the function resolves, once the file exists, with whether
 * the path is part of the collection.
 */
export function sampleFileDrawer(directory: string, options: SampleOptions): (path: string) => Promise<boolean> {
  let files: ReadonlyMap<string, SampleFile> | undefined;
  return async (path) => {
    files ??= new Map(planFiles(sampleFolders(directory), options).map((file) => [file.path, file]));
    const file = files.get(path);
    if (!file) return false;
    await mkdir(dirname(path), { recursive: true });
    await writeMissing(file);
    return true;
  };
}

let drawn = 0;

/** Atomic, since another process may draw the same file while a third one reads it. */
async function writeMissing({ path, make }: SampleFile): Promise<void> {
  if (existsSync(path)) return;
  const temporary = `${path}.${drawn++}${TEMPORARY_SUFFIX}`;
  await writeFile(temporary, await make());
  await utimes(temporary, DRAWN_AT, DRAWN_AT);
  await rename(temporary, path);
}

type Folders = Pick<SampleCollection, 'labelled' | 'unlabelled' | 'heldOut'>;

function planFiles(folders: Folders, options: SampleOptions): SampleFile[] {
  const { seed, sizePx } = options;
  const names = Object.keys(sampleClasses);
  const picture = (path: string, thing: Thing, number: number, retake = false): SampleFile => ({
    path,
    make: () => photograph(thing, { sizePx, seed: mix32(seed ^ mix32(number)), retake }),
  });
  const thingOf = (name: string): Thing => sampleClasses[name] as Thing;
  const perClass = (folder: string, count: number, firstNumber: number): SampleFile[] =>
    names.flatMap((name, classIndex) =>
      Array.from({ length: count }, (_, index) => {
        const path = join(folder, name, `${name}-${String(index).padStart(3, '0')}.jpg`);
        return picture(path, thingOf(name), firstNumber + classIndex * count + index);
      }),
    );
  const heldOutFirst = 1_000_000;
  const leaks = Array.from({ length: LEAKS }, (_, index) => {
    const name = names[index % names.length] as string;
    const number = heldOutFirst + (index % names.length) * options.heldOutPerClass + index;
    return picture(join(folders.unlabelled, 'copies', `seen-before-${index}.jpg`), thingOf(name), number, true);
  });
  return [
    ...perClass(folders.labelled, options.labelledPerClass, 0),
    ...perClass(folders.heldOut, options.heldOutPerClass, heldOutFirst),
    ...planUnlabelled(folders.unlabelled, options, names, picture),
    ...leaks,
    ...brokenFiles(folders.unlabelled, picture, thingOf(names[0] as string)),
  ];
}

type Picture = (path: string, thing: Thing, number: number, retake?: boolean) => SampleFile;

function planUnlabelled(
  folder: string,
  options: SampleOptions,
  names: readonly string[],
  picture: Picture,
): SampleFile[] {
  const random = new CounterRandom(options.seed, 7);
  const firstNumber = 2_000_000;
  const things: Thing[] = [];
  return Array.from({ length: options.unlabelled }, (_, index) => {
    const place = FOLDERS[random.integer(FOLDERS.length)] as string;
    const path = join(folder, place, `img_${String(index).padStart(5, '0')}.jpg`);
    const copied = index > 0 && random.uniform() < NEAR_COPY_SHARE ? random.integer(index) : undefined;
    const fresh =
      random.uniform() < DISTRACTOR_SHARE
        ? (distractors[random.integer(distractors.length)] as Thing)
        : (sampleClasses[names[unevenly(random, names.length)] as string] as Thing);
    const original = copied === undefined ? undefined : things[copied];
    things.push(original ?? fresh);
    return original && copied !== undefined
      ? picture(path, original, firstNumber + copied, true)
      : picture(path, fresh, firstNumber + index);
  });
}

/** The last class is about half as frequent as the first. */
function unevenly(random: CounterRandom, count: number): number {
  const index = random.integer(count);
  return random.uniform() < index / (2 * count) ? random.integer(count) : index;
}

function brokenFiles(folder: string, picture: Picture, thing: Thing): SampleFile[] {
  const cut = picture(join(folder, 'unsorted', 'cut-short.jpg'), thing, 3_000_000);
  return [
    { path: cut.path, make: async () => (await cut.make()).subarray(0, 700) },
    { path: join(folder, 'unsorted', 'empty.jpg'), make: async () => Buffer.alloc(0) },
    { path: join(folder, 'unsorted', 'notes.jpg'), make: async () => Buffer.from('these are notes, not a picture\n') },
  ];
}
