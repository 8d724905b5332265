/** Writes the results of an experiment, for people and for other programs, into the project's `experiments/NAME/`. */
import { access, constants, mkdir, readdir, readFile, stat } from 'node:fs/promises';
import { cpus } from 'node:os';
import { dirname, resolve } from 'node:path';
import { z } from 'zod';
import { writeTextAtomically } from '../atomic-file.ts';
import { csvLine } from '../catalogue/csv.ts';
import { saveRows } from '../catalogue/parquet.ts';
import type { Project } from '../catalogue/project.ts';
import { WrongUsage } from '../failure.ts';
import { modelNames } from '../pipeline/stages.ts';
import { sealed, unsealed } from '../sealed-json.ts';
import { asSystemFailure } from '../system-failure.ts';
import { isMissing, whyUnread } from '../why-unread.ts';
import { EXPERIMENT_NAME } from './experiment.ts';
import { experimentSvg } from './experiment-svg.ts';
import { experimentMarkdown } from './experiment-text.ts';
import { experimentVerdict, findingOf } from './experiment-verdict.ts';
import type { ExperimentResult } from './run-experiment.ts';

type Value = string | number | null;

const CELLS = {
  cell: 'text',
  model: 'text',
  seeds: 'integer',
  top1: 'double',
  top1_low: 'double',
  top1_high: 'double',
  against: 'text',
  difference: 'double',
  difference_low: 'double',
  difference_high: 'double',
  finding: 'text',
} as const;
const RUNS = { cell: 'text', model: 'text', seed: 'integer', top1: 'double', run: 'text' } as const;

export interface SavedExperiment {
  readonly folder: string;
  /** Their names within the folder. */
  readonly files: readonly string[];
  /** The content of results.md. */
  readonly markdown: string;
}

/** Files of an earlier run are replaced: they can be derived from the runs. */
export async function saveExperiment(project: Project, result: ExperimentResult): Promise<SavedExperiment> {
  const folder = project.path('experiments', result.experiment.name);
  await mkdir(folder, { recursive: true });
  const path = (name: string) => project.path('experiments', result.experiment.name, name);
  const markdown = experimentMarkdown(result, madeText(result));
  const tables = [
    ['cells', CELLS, cellRows(result)],
    ['runs', RUNS, runRows(result)],
  ] as const;
  const files: string[] = [];
  for (const [name, columns, rows] of tables) {
    const lines = [Object.keys(columns), ...rows.map((row) => row.map((value) => value ?? ''))];
    await writeTextAtomically(path(`${name}.csv`), lines.map(csvLine).join(''));
    await saveRows(project.database, path(`${name}.parquet`), columns, rows);
    files.push(`${name}.csv`, `${name}.parquet`);
  }
  await writeTextAtomically(path('plot.svg'), experimentSvg(result));
  await writeTextAtomically(path('results.md'), markdown);
  await writeTextAtomically(
    path('results.json'),
    `${sealed(identityOf(result.experiment.name), resultRecord(result), 2)}\n`,
  );
  return { folder, files: [...files, 'plot.svg', 'results.md', 'results.json'], markdown };
}

/**
 * Puts the section into a document in place of the section with the same heading, or at the end. Creates a missing document.
 */
export async function addSection(path: string, section: string): Promise<void> {
  const before = await readDocument(path);
  const [heading = ''] = section.split('\n');
  const parts = before.split(/^(?=## )/m).map((part) => part.trimEnd());
  const place = parts.findIndex((part) => part.split('\n')[0] === heading);
  const sections = place < 0 ? [...parts, section.trimEnd()] : parts.with(place, section.trimEnd());
  await writeTextAtomically(path, `${sections.filter((part) => part !== '').join('\n\n')}\n`);
}

/** Empty if there is none yet. Throws `WrongUsage` if a section cannot be put into it. */
export async function readDocument(path: string): Promise<string> {
  try {
    await access(dirname(resolve(path)), constants.W_OK);
  } catch (error) {
    throw new WrongUsage(
      `${path} cannot be written: ${isMissing(error) ? 'its folder is not there' : whyUnread(error)}.`,
    );
  }
  return await readFile(path, 'utf8').catch((error: unknown) => {
    if (isMissing(error)) return '';
    throw new WrongUsage(`${path} cannot take the results: ${whyUnread(error)}.`);
  });
}

/** The files offered for download. */
export const resultFiles = [
  'cells.csv',
  'cells.parquet',
  'runs.csv',
  'runs.parquet',
  'plot.svg',
  'results.md',
] as const;
export type ResultFile = (typeof resultFiles)[number];

const figure = z.object({
  mean: z.number(),
  interval: z.tuple([z.number(), z.number()]),
  perSeed: z.array(z.number()),
});
const recordSchema = z.object({
  name: z.string(),
  title: z.string(),
  question: z.string(),
  against: z.string(),
  seeds: z.array(z.number()),
  ...{ labelled: z.number(), unlabelled: z.number(), heldOut: z.number(), device: z.string(), verdict: z.string() },
  cells: z.array(
    z.object({
      name: z.string(),
      model: z.enum(modelNames),
      runs: z.array(z.object({ seed: z.number(), run: z.string(), top1: z.number() })),
      top1: figure,
      difference: figure.nullable(),
    }),
  ),
});
/** As it is read back. */
export type ResultRecord = Omit<ReturnType<typeof resultRecord>, 'settings'>;

/**
 * The saved results and their time. Undefined if there are none, if another version wrote them, or if they were changed since:
 * starting the experiment again rebuilds them from its finished runs.
 */
export async function readResults(
  project: Pick<Project, 'path'>,
  name: string,
): Promise<{ readonly record: ResultRecord; readonly savedAt: string } | undefined> {
  const file = project.path('experiments', name, 'results.json');
  try {
    const found = unsealed(identityOf(name), await readFile(file, 'utf8'));
    if (found.kind === 'damaged') return undefined;
    const parsed = recordSchema.safeParse(found.value);
    return parsed.success ? { record: parsed.data, savedAt: (await stat(file)).mtime.toISOString() } : undefined;
  } catch (error) {
    if (isMissing(error)) return undefined;
    throw asSystemFailure(error, file);
  }
}

/** Names of the experiments that have a folder, in alphabetical order. */
export async function savedNames(project: Pick<Project, 'path'>): Promise<string[]> {
  const folder = project.path('experiments');
  try {
    const entries = await readdir(folder, { withFileTypes: true });
    return entries
      .filter((entry) => entry.isDirectory() && EXPERIMENT_NAME.test(entry.name))
      .map(({ name }) => name)
      .sort();
  } catch (error) {
    if (isMissing(error)) return [];
    throw asSystemFailure(error, folder);
  }
}

function identityOf(name: string): string {
  return `experiments/${name}/results.json`;
}

/** For other programs to read. */
export function resultRecord(result: ExperimentResult) {
  const { experiment, ...rest } = result;
  const { name, title, question, against, settings } = experiment;
  return { name, title, question, against, settings, ...rest, verdict: experimentVerdict(result) };
}

function cellRows({ experiment, cells }: ExperimentResult): Value[][] {
  return cells.map((cell) => {
    const { name, model, runs, top1, difference } = cell;
    const [low, high] = difference?.interval ?? [null, null];
    return [
      ...[name, model, runs.length, top1.mean, ...top1.interval, difference ? experiment.against : null],
      ...[difference?.mean ?? null, low, high, difference ? findingOf(cell) : null],
    ];
  });
}

function runRows({ cells }: ExperimentResult): Value[][] {
  return cells.flatMap(({ name, model, runs }) => runs.map(({ seed, top1, run }) => [name, model, seed, top1, run]));
}

function madeText({ labelled, unlabelled, heldOut, device, seeds }: ExperimentResult): string {
  const [processor, ...others] = cpus();
  const hardware = `${others.length + 1} cores (${processor?.model.trim() ?? 'unknown'})`;
  const counted = [`${labelled} labelled`, `${unlabelled} unlabelled`, `${heldOut} held-out images`].join(', ');
  const day = new Date().toISOString().slice(0, 10);
  return `${counted}; seeds ${seeds.join(', ')}; device ${device}, ${hardware}; ${day}.`;
}
