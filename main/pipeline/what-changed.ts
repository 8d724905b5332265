/**
 * The effect of corrected labels: two comparisons of the method side by side. Both are evaluated on the same held-out
 * images and by the labels of the later one, so that differences come from the models, not from the labels.
 */

import { readAllClasses } from '../catalogue/classes.ts';
import { imagePaths, type PlacedImage } from '../catalogue/image-paths.ts';
import type { Project } from '../catalogue/project.ts';
import { loadRunClasses } from '../catalogue/run-classes.ts';
import { predictionsTable } from '../catalogue/runs/predictions.ts';
import { trainedOnTable } from '../catalogue/runs/used-images.ts';
import { selectionTable } from '../catalogue/selection.ts';
import {
  type ChangedLabel,
  type ClassOfModel,
  type ClassOfSelection,
  type ComparedSide,
  changedImages,
  changedLabels,
  changedSelection,
  presentClasses,
  rightAnswers,
  type SelectionChange,
} from '../catalogue/two-comparisons.ts';
import { ExpectedFailure } from '../failure.ts';
import { pathIn } from '../object-address.ts';
import { wilsonInterval } from '../wilson-interval.ts';
import { differenceOf, type PairedDifference } from './metrics.ts';
import type { RunRecord } from './run-record.ts';
import { comparisonsIn, readRuns } from './runs.ts';
import { comparedModels, type EvaluatedModel, modelAs, modelNames, type StageName } from './stages.ts';

/** More are counted, but not listed. */
const MOST_LABELS = 200;

export class NothingToHoldAgainst extends ExpectedFailure {}

interface Accuracy {
  readonly accuracy: number;
  /** 95 % Wilson. */
  readonly interval: readonly [number, number];
}

export interface WhatChanged {
  readonly before: { readonly runId: string; readonly finishedAt: string };
  readonly after: { readonly runId: string; readonly finishedAt: string };
  /** Images whose class changed, or that are newly labelled; the first of them. */
  readonly labels: { readonly total: number; readonly images: readonly (ChangedLabel & { readonly path: string })[] };
  /** In the order of the method. */
  readonly models: readonly {
    readonly model: EvaluatedModel;
    readonly images: number;
    readonly before: Accuracy;
    readonly after: Accuracy;
    readonly difference: PairedDifference;
  }[];
  readonly selection: Omit<ClassOfSelection, 'classId'>;
  /** Only classes with a change, the most changed first; covers the result's held-out predictions and the selection. */
  readonly classes: readonly ClassChange[];
}

export interface ClassChange extends Omit<ClassOfSelection, 'classId'> {
  readonly classId: number;
  readonly name: string;
  readonly images: number;
  readonly rightBefore: number;
  readonly rightAfter: number;
  /** Held-out images that are right now but were wrong before, and the reverse. */
  readonly gained: number;
  readonly lost: number;
}

/** The two newest comparisons by default. Throws `NothingToHoldAgainst`, `StoredDataDamaged`. */
export async function whatChanged(project: Project, named: ComparedPair = {}): Promise<WhatChanged> {
  const { records, sides } = await bothSides(project, named);
  const [before, after] = sides;
  const labels = await changedLabels(project, before, after, MOST_LABELS);
  const answers = await rightAnswers(project, before, after);
  const selection = await changedSelection(project, before, after);
  const places = await imagePaths(
    project,
    Int32Array.from(labels.images, ({ imageId }) => imageId),
  );
  const sum = <Row>(rows: readonly Row[], of: (row: Row) => number) => rows.reduce((total, row) => total + of(row), 0);
  return {
    before: said(records[0]),
    after: said(records[1]),
    labels: {
      total: labels.total,
      images: labels.images.map((one) => ({ ...one, path: pathOf(places.get(one.imageId)) })),
    },
    models: modelNames.flatMap((model) => {
      const own = answers.filter((row) => row.model === model);
      const images = sum(own, (row) => row.images);
      if (images === 0) return [];
      const accuracy = (right: number) => ({ accuracy: right / images, interval: wilsonInterval(right, images) });
      const difference = differenceOf(
        sum(own, (row) => row.gained),
        sum(own, (row) => row.lost),
        images,
      );
      const rights = [sum(own, (row) => row.before), sum(own, (row) => row.after)] as const;
      return [{ model, images, before: accuracy(rights[0]), after: accuracy(rights[1]), difference }];
    }),
    selection: {
      entered: sum(selection, ({ entered }) => entered),
      left: sum(selection, ({ left }) => left),
      stayed: sum(selection, ({ stayed }) => stayed),
    },
    classes: await classChanges(project, answers, selection),
  };
}

export interface ComparedPair {
  /** The runs of the comparisons; by default the newest, and the one before it. */
  readonly before?: string | undefined;
  readonly after?: string | undefined;
}

/** Images that entered or left the selection. */
export async function selectionChangesOf(
  project: Project,
  pair: ComparedPair,
  change: SelectionChange,
  classId: number | undefined,
  page: { readonly offset: number; readonly limit: number },
) {
  const { sides } = await bothSides(project, pair);
  return await changedImages(project, sides, change, classId, page);
}

async function classChanges(
  { database }: Project,
  answers: readonly ClassOfModel[],
  selection: readonly ClassOfSelection[],
): Promise<ClassChange[]> {
  const names = new Map((await readAllClasses(database)).map(({ id, name }) => [id, name]));
  const result = answers.filter(({ model }) => model === modelAs('result'));
  const ids = new Set([...result, ...selection].map(({ classId }) => classId));
  const classes = [...ids].map((classId) => {
    const right = result.find((row) => row.classId === classId);
    const chosen = selection.find((row) => row.classId === classId);
    return {
      classId,
      name: names.get(classId) ?? `class ${classId}`,
      images: right?.images ?? 0,
      rightBefore: right?.before ?? 0,
      rightAfter: right?.after ?? 0,
      gained: right?.gained ?? 0,
      lost: right?.lost ?? 0,
      entered: chosen?.entered ?? 0,
      left: chosen?.left ?? 0,
      stayed: chosen?.stayed ?? 0,
    };
  });
  const changes = ({ gained, lost, entered, left }: ClassChange) => gained + lost + entered + left;
  return classes.filter((one) => changes(one) > 0).toSorted((a, b) => changes(b) - changes(a) || a.classId - b.classId);
}

async function bothSides(project: Project, { before, after }: ComparedPair) {
  const runs = await readRuns(project);
  const done = comparisonsIn(runs);
  const later = after === undefined ? done.at(-1) : done.find(({ id }) => id === after);
  const older = done.slice(0, later ? done.indexOf(later) : 0);
  const earlier = before === undefined ? older.at(-1) : done.find(({ id }) => id === before);
  if (!later || !earlier || earlier === later) {
    throw new NothingToHoldAgainst(
      'There are not yet two comparisons to compare: correct labels, train on, and look here afterwards.',
    );
  }
  const sides = [await sideOf(project, runs, earlier), await sideOf(project, runs, later)] as const;
  return { records: [earlier, later] as const, sides };
}

async function sideOf(project: Project, runs: readonly RunRecord[], evaluation: RunRecord): Promise<ComparedSide> {
  const above = (stage: StageName): RunRecord => {
    const found = ancestorOf(runs, evaluation, stage);
    if (found) return found;
    throw new NothingToHoldAgainst(
      `The runs that the comparison ${evaluation.id} was made from are not all here: compare again.`,
    );
  };
  const [result, select] = [above(comparedModels[modelAs('result')].stage), above('select')];
  const predictions = await predictionsTable(project, evaluation.id);
  if (predictions === undefined) {
    throw new NothingToHoldAgainst(
      `The comparison ${evaluation.id} did not keep each model’s predictions: compare again with another seed.`,
    );
  }
  const { classIds } = await loadRunClasses(project, evaluation.id);
  return {
    predictions,
    classIds: await presentClasses(project, classIds),
    trainedOn: await trainedOnTable(project, result.id),
    selection: await selectionTable(project, select.id),
  };
}

function ancestorOf(runs: readonly RunRecord[], run: RunRecord, stage: StageName): RunRecord | undefined {
  const parents = runs.filter(({ id }) => run.parents.includes(id));
  const own = parents.find((parent) => parent.stage === stage);
  if (own) return own;
  for (const parent of parents) {
    const found = ancestorOf(runs, parent, stage);
    if (found) return found;
  }
  return undefined;
}

function pathOf(place: PlacedImage | undefined): string {
  return place ? pathIn(place.folder, place.relativePath) : '';
}

function said({ id, finishedAt, startedAt }: RunRecord) {
  return { runId: id, finishedAt: finishedAt ?? startedAt };
}
