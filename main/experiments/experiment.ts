/**
 * An experiment: the method under several settings (its cells), each with the same seeds, all judged on the same held-out
 * images and compared with one of the cells. Experiments that a person writes in a file are validated here; the built-in ones
 * are in `built-in-experiments.ts`.
 */
import { readFile } from 'node:fs/promises';
import { parse } from 'yaml';
import { z } from 'zod';
import { type Combination, combinations } from '../catalogue/combined-scores.ts';
import { messageOf, WrongUsage } from '../failure.ts';
import { localPath } from '../local-path.ts';
import { MOST_ROUNDS } from '../pipeline/rounds.ts';
import { type EvaluatedModel, modelNames } from '../pipeline/stages.ts';
import { whyUnread } from '../why-unread.ts';

/** Single values of the recipe by their paths, such as `select.k`. */
export type Settings = Readonly<Record<string, unknown>>;

export interface Cell {
  readonly name: string;
  readonly settings: Settings;
  /** The model that is judged. */
  readonly model: EvaluatedModel;
  /** Rounds in which the student becomes the next teacher; the last one is judged. One when absent. */
  readonly rounds?: number | undefined;
  /** Teachers of several seeds, combined; one when absent. */
  readonly teachers?: CellTeachers | undefined;
}

export interface CellTeachers {
  readonly count: number;
  readonly how: Combination;
}

export interface Experiment {
  /** Also the name of the folder for its results. */
  readonly name: string;
  readonly title: string;
  /** What the experiment asks, as a question. */
  readonly question: string;
  /** What the paper found, if the experiment is one of the paper's. */
  readonly claim: string | undefined;
  /** Settings of every cell. */
  readonly settings: Settings;
  readonly cells: readonly Cell[];
  /** The name of the cell that the others are compared with. */
  readonly against: string;
  /** Cells that the paper found better or worse than that one. */
  readonly expected: readonly Expectation[];
  /** The cells are alternatives to the paper's rule, which stays recommended unless the interval of another is above it. */
  readonly recommends?: boolean;
  /**
   * One half of the held-out images is used to choose in some cells (`select.evidence`); all cells are judged by the other
   * half.
   */
  readonly judgedByHalf?: boolean;
  /** Every cell is a student trained on the labels alone: neither a teacher nor unlabelled images are needed. */
  readonly labelsAlone?: boolean;
}

export interface Expectation {
  readonly cell: string;
  readonly sign: 'above' | 'below';
}

/** Settings that must be the same in all cells, or that the experiment sets itself. */
const FORBIDDEN = /^(seed$|heldOut\.|engine\.|supervised\.enabled$)/;
const MOST_CELLS = 200;
const MOST_TEACHERS = 10;
export const USUAL_SEEDS = 3;
export const MOST_SEEDS = 100;
/** The name of the folder with the results. */
export const EXPERIMENT_NAME = /^[a-z0-9][a-z0-9-]{0,60}$/;

const settings = z.record(
  z.string().refine((path) => !FORBIDDEN.test(path), {
    error: ({ input }) => `“${String(input)}” must be the same in all cells: set it with --set or --seeds instead`,
  }),
  z.json(),
);

const fileCell = z
  .strictObject({
    name: z.string().min(1),
    set: settings.default({}),
    model: z.enum(modelNames).optional(),
    rounds: z.int().min(2).max(MOST_ROUNDS).optional(),
    teachers: z.strictObject({ count: z.int().min(2).max(MOST_TEACHERS), how: z.enum(combinations) }).optional(),
  })
  .refine(({ rounds, teachers }) => rounds === undefined || teachers === undefined, 'has either rounds or teachers');

const fileSchema = z
  .strictObject({
    name: z.string().regex(EXPERIMENT_NAME, 'must be lower-case letters, digits and hyphens'),
    title: z.string().min(1).optional(),
    question: z.string().min(1).optional(),
    set: settings.default({}),
    model: z.enum(modelNames).default('finetuned'),
    grid: z
      .record(z.string(), z.array(z.json()).min(1))
      .refine((grid) => Object.keys(grid).length > 0, 'must name a setting')
      .optional(),
    cells: z.array(fileCell).min(1).optional(),
    against: z.string().optional(),
    seeds: z.int().min(1).max(MOST_SEEDS).optional(),
  })
  .refine(({ grid, cells }) => (grid === undefined) !== (cells === undefined), 'must have either a grid or cells');

export interface WrittenExperiment {
  readonly experiment: Experiment;
  readonly seeds: number | undefined;
}

/** A YAML or JSON file. Throws `WrongUsage`, which names the error in the file. */
export async function readExperiment(file: string): Promise<WrittenExperiment> {
  const path = localPath(file, 'file');
  let text: string;
  try {
    text = await readFile(path, 'utf8');
  } catch (error) {
    throw new WrongUsage(`The experiment ${file} cannot be read: ${whyUnread(error)}.`);
  }
  return parseExperiment(text, file);
}

export function parseExperiment(text: string, file: string): WrittenExperiment {
  let found: unknown;
  try {
    // JSON is YAML too.
    found = parse(text);
  } catch (error) {
    throw new WrongUsage(`${file} is neither YAML nor JSON: ${messageOf(error).split('\n')[0]}`);
  }
  const parsed = fileSchema.safeParse(found);
  if (!parsed.success) throw new WrongUsage(`${file} is not an experiment: ${issueText(parsed.error.issues[0])}.`);
  const {
    name,
    title = name,
    question = `Which setting of ${title} is best?`,
    set,
    model,
    grid,
    cells: given,
    seeds,
  } = parsed.data;
  const cells: readonly Cell[] =
    given?.map(({ set: own, model: judged = model, ...cell }) => ({ ...cell, settings: own, model: judged })) ??
    cellsOfGrid(grid ?? {}, model, file);
  const names = cells.map((cell) => cell.name);
  const twice = names.find((one, place) => names.indexOf(one) !== place);
  if (twice !== undefined) throw new WrongUsage(`${file} has two cells called “${twice}”: rename one of them.`);
  const against = parsed.data.against ?? names[0] ?? '';
  if (!names.includes(against)) {
    throw new WrongUsage(
      `${file} compares its cells with “${against}”, which is not among them: name one of ${names.join('; ')}.`,
    );
  }
  return {
    experiment: { name, title, question, claim: undefined, settings: set, cells, against, expected: [] },
    seeds,
  };
}

/** Every combination; the last setting changes fastest. */
function cellsOfGrid(grid: Readonly<Record<string, readonly unknown[]>>, model: EvaluatedModel, file: string): Cell[] {
  const count = Object.values(grid).reduce((product, values) => product * values.length, 1);
  if (count > MOST_CELLS) {
    throw new WrongUsage(`The grid of ${file} has ${count} cells: reduce it to at most ${MOST_CELLS}, or split it up.`);
  }
  const forbidden = Object.keys(grid).find((path) => FORBIDDEN.test(path));
  if (forbidden !== undefined) {
    throw new WrongUsage(
      `The grid of ${file} has “${forbidden}”, which must be the same in all cells: set it with --set or --seeds.`,
    );
  }
  let all: (readonly (readonly [string, unknown])[])[] = [[]];
  for (const [path, values] of Object.entries(grid)) {
    all = all.flatMap((cell) => values.map((value) => [...cell, [path, value] as const]));
  }
  return all.map((cell) => ({
    name: cell
      .map(([path, value]) => `${path} = ${typeof value === 'string' ? value : JSON.stringify(value)}`)
      .join(', '),
    settings: Object.fromEntries(cell),
    model,
  }));
}

/** In the form that recipes take, `key=value`. */
export function settingLines(...all: readonly Settings[]): string[] {
  return Object.entries(Object.assign({}, ...all) as Settings).map(
    ([path, value]) => `${path}=${JSON.stringify(value)}`,
  );
}

function issueText(issue: z.core.$ZodIssue | undefined): string {
  if (!issue) return 'it does not have the expected form';
  const place = issue.path.length > 0 ? `${issue.path.join('.')}: ` : '';
  return `${place}${issue.message.replace(/\.$/, '')}`;
}
