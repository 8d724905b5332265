/**
 * The user's acts on images: vetoes, pins, labels by hand. An act is one row, and its decisions are rows that refer to
 * it, so that undoing an act on thousands of images flips one flag, and the current state is what the standing acts
 * said last.
 */
import { createHash } from 'node:crypto';
import { ExpectedFailure } from '../failure.ts';
import { many } from '../many.ts';
import { type Database, literal } from './database.ts';
import { type LabelSetting, readLabelSetting, SEVERAL_LABELS_HINT } from './label-setting.ts';

export const decisionKinds = ['veto', 'pin', 'clearVerdict', 'label', 'clearLabel'] as const;
export type DecisionKind = (typeof decisionKinds)[number];
export type Verdict = Extract<DecisionKind, 'veto' | 'pin'>;

/** The subsets of a project's images that a person can browse. */
export const imageParts = ['all', 'labelled', 'unlabelled', 'heldOut', 'byHand'] as const;
export type ImagePart = (typeof imageParts)[number];

export interface Decision {
  readonly kind: DecisionKind;
  readonly classId: number;
  /** SQL that yields `image_id`s: a chosen list, or a query over all images. */
  readonly images: string;
}

export interface PairList {
  readonly imageIds: Int32Array;
  readonly classIds: Int32Array;
}

export interface StandingDecisions {
  readonly vetoes: PairList;
  readonly pins: PairList;
  /** Labels by hand, of images of any source. */
  readonly labels: PairList;
}

export interface History {
  readonly undo: string | null;
  readonly redo: string | null;
}

export class NothingToDecide extends ExpectedFailure {}

export class OneClassOnly extends ExpectedFailure {}

const DECIDED = {
  veto: 'veto',
  pin: 'pin',
  clearVerdict: 'none',
  label: 'label',
  clearLabel: 'unlabel',
} as const satisfies Readonly<Record<DecisionKind, string>>;

/**
 * Performs one act in one transaction; undone acts are deleted with it. Earlier decisions that contradict it are
 * revoked by the same act, so that one undo restores them too. Revoking only concerns images that have something to
 * revoke. Throws `NothingToDecide` if no image is left.
 */
export async function decide(
  database: Database,
  { kind, classId, images }: Decision,
): Promise<{ actionId: number; images: number }> {
  return await database.transaction(async () => {
    const className = await nameOf(database, classId);
    const setting = await readLabelSetting(database);
    const actionId = await nextAction(database);
    await database.run(
      `INSERT INTO decisions SELECT DISTINCT ${actionId}, target.image_id, ${classId}::INTEGER, '${DECIDED[kind]}'
       FROM (${images}) target SEMI JOIN images ON images.id = target.image_id ${restriction(kind, classId, setting)}`,
    );
    const count = await database.number('SELECT count(*) FROM decisions WHERE action_id = ?', [actionId]);
    for (const contradicted of CONTRADICTED[setting][kind]?.(classId) ?? []) {
      await database.run(
        `INSERT INTO decisions SELECT ${actionId}, said.* FROM (${contradicted}) said
         SEMI JOIN decisions meant ON meant.action_id = ${actionId} AND meant.image_id = said.image_id`,
      );
    }
    if (!count) throw new NothingToDecide(emptyText(kind, className, setting));
    await keepAction(database, actionId, actText(kind, className, count, setting), count);
    return { actionId, images: count };
  });
}

/** As `decide`, for the given images. */
export async function decideOf(
  database: Database,
  imageIds: Iterable<number>,
  decision: Omit<Decision, 'images'>,
): Promise<{ actionId: number; images: number }> {
  return await database.withChosen(imageIds, () => decide(database, { ...decision, images: CHOSEN_IMAGES }));
}

export interface WholeLabels {
  /** All classes the images have, of those known to the project; an empty list removes their labels. */
  readonly classIds: readonly number[];
  /** SQL that yields `image_id`s. */
  readonly images: string;
}

/**
 * Sets all classes of images in one act, for projects with several classes per image: labels not in the list are
 * revoked. Throws `NothingToDecide` as `decide` does, and `OneClassOnly` if images have one class.
 */
export async function decideLabels(
  database: Database,
  { classIds, images }: WholeLabels,
): Promise<{ actionId: number; images: number }> {
  return await database.transaction(async () => {
    await requireSeveral(database);
    const names: string[] = [];
    for (const classId of new Set(classIds)) names.push(await nameOf(database, classId));
    const actionId = await nextAction(database);
    const target = `(SELECT DISTINCT target.image_id FROM (${images}) target SEMI JOIN images ON images.id = target.image_id)`;
    const wanted = classIds.length === 0 ? '' : `WHERE class_id NOT IN (${classIds.map(rootOf).join(', ')})`;
    await database.run(
      `INSERT INTO decisions SELECT ${actionId}, image_id, class_id, 'unlabel' FROM image_labels
       SEMI JOIN ${target} target USING (image_id) ${wanted}`,
    );
    for (const classId of new Set(classIds)) {
      await database.run(
        `INSERT INTO decisions SELECT ${actionId}, image_id, ${classId}::INTEGER, 'label' FROM ${target}`,
      );
      await database.run(
        `INSERT INTO decisions SELECT ${actionId}, said.* FROM (${vetoesOf(classId)}) said
         SEMI JOIN ${target} target ON target.image_id = said.image_id`,
      );
    }
    const count = await database.number('SELECT count(DISTINCT image_id) FROM decisions WHERE action_id = ?', [
      actionId,
    ]);
    if (!count) throw new NothingToDecide(emptyText(names.length > 0 ? 'label' : 'clearLabel', '', 'one'));
    const kind = names.length > 0 ? 'label' : 'clearLabel';
    const text = actText(kind, names.join('”, “'), count, 'one');
    await keepAction(database, actionId, text, count);
    return { actionId, images: count };
  });
}

/** As `decideLabels`, for the given images. */
export async function decideLabelsOf(
  database: Database,
  imageIds: Iterable<number>,
  classIds: readonly number[],
): Promise<{ actionId: number; images: number }> {
  return await database.withChosen(imageIds, () => decideLabels(database, { classIds, images: CHOSEN_IMAGES }));
}

/**
 * In a project with one class per image, an image is pinned to or labelled with one class at most, and not vetoed for
 * it. Merged classes count as one.
 */
const VERDICTS = `(SELECT image_id, class_id, verdict, root FROM current_verdicts JOIN class_roots ON class_roots.id = class_id)`;
const LABELS = `(SELECT image_id, class_id, root FROM hand_labels JOIN class_roots ON class_roots.id = class_id)`;
const rootOf = (classId: number) => `(SELECT root FROM class_roots WHERE id = ${classId})`;
const otherPins = (classId: number) =>
  `SELECT image_id, class_id, 'none' AS decided FROM ${VERDICTS} WHERE verdict = 'pin' AND root <> ${rootOf(classId)}`;
const vetoesOf = (classId: number) =>
  `SELECT image_id, class_id, 'none' AS decided FROM ${VERDICTS} WHERE verdict = 'veto' AND root = ${rootOf(classId)}`;

type Contradicted = Readonly<Partial<Record<DecisionKind, (classId: number) => readonly string[]>>>;

const CONTRADICTED: Readonly<Record<LabelSetting, Contradicted>> = {
  one: {
    label: (classId) => [otherPins(classId), vetoesOf(classId)],
    pin: (classId) => [
      otherPins(classId),
      `SELECT image_id, class_id, 'unlabel' AS decided FROM ${LABELS} WHERE root <> ${rootOf(classId)}`,
    ],
    veto: (classId) => [
      `SELECT image_id, class_id, 'unlabel' AS decided FROM ${LABELS} WHERE root = ${rootOf(classId)}`,
    ],
  },
  // Having one class says nothing about another.
  several: {
    label: (classId) => [vetoesOf(classId)],
    veto: (classId) => [
      `SELECT image_id, class_id, 'unlabel' AS decided FROM said_by_hand WHERE decided = 'label' AND class_id = ${rootOf(classId)}`,
    ],
  },
};

/** Undoes this act, or else the newest standing one; does nothing if there is none. */
export async function undoAction(database: Database, actionId?: number): Promise<History> {
  await database.run(
    'UPDATE actions SET undone = true WHERE id = coalesce(?, (SELECT max(id) FROM actions WHERE NOT undone))',
    [actionId ?? null],
  );
  return await readHistory(database);
}

/** Redoes the oldest undone act; does nothing if there is none. */
export async function redoAction(database: Database): Promise<History> {
  await database.run('UPDATE actions SET undone = false WHERE id = (SELECT min(id) FROM actions WHERE undone)');
  return await readHistory(database);
}

export async function readHistory(database: Database): Promise<History> {
  const [row] = await database.rows(
    `SELECT arg_max(description, id) FILTER (NOT undone) AS undo, arg_min(description, id) FILTER (undone) AS redo
     FROM actions`,
  );
  const text = (value: unknown) => (typeof value === 'string' ? value : null);
  return { undo: text(row?.undo), redo: text(row?.redo) };
}

/**
 * Pins of a merged class apply to the class it was merged into; vetoes do not, since an image that is not of the one
 * class may still be of the other.
 */
const PINS = `(SELECT DISTINCT image_id, root AS class_id FROM current_verdicts JOIN class_roots ON class_roots.id = class_id
  WHERE verdict = 'pin') p
  WHERE NOT EXISTS (SELECT 1 FROM current_verdicts v
    WHERE v.image_id = p.image_id AND v.class_id = p.class_id AND v.verdict = 'veto')`;

/** Each list is sorted by image, then class. */
export async function readDecisions(database: Database): Promise<StandingDecisions> {
  return {
    vetoes: await pairs(database, "current_verdicts WHERE verdict = 'veto'"),
    pins: await pairs(database, PINS),
    labels: await pairs(
      database,
      "(SELECT image_id, class_id FROM hand_labels UNION SELECT image_id, class_id FROM said_by_hand WHERE decided = 'label')",
    ),
  };
}

/**
 * A digest of the decisions; null if there are none, so that a project without decisions keeps the digests it had
 * before decisions existed.
 */
export function decisionsDigest({ vetoes, pins, labels }: StandingDecisions): string | null {
  const lists = [vetoes, pins, labels];
  if (lists.every(({ imageIds }) => imageIds.length === 0)) return null;
  const hash = createHash('sha256');
  for (const { imageIds, classIds } of lists) hash.update(`${imageIds.length};${imageIds.join()};${classIds.join()};`);
  return hash.digest('hex');
}

async function pairs(database: Database, table: string): Promise<PairList> {
  const [imageIds, classIds] = await database.columns(
    [Int32Array, Int32Array],
    `SELECT image_id, class_id FROM ${table} ORDER BY image_id, class_id`,
  );
  return { imageIds, classIds };
}

/** For acts that are not about single images. Call inside a transaction. */
export async function beginAction(database: Database, description: string, images: number): Promise<number> {
  const id = await nextAction(database);
  await keepAction(database, id, description, images);
  return id;
}

/** The id of a new act; acts undone before it can no longer be redone. */
async function nextAction(database: Database): Promise<number> {
  await dropUndone(database);
  return await database.number("SELECT nextval('action_ids')");
}

async function keepAction(database: Database, id: number, description: string, images: number): Promise<void> {
  await database.run("INSERT INTO actions VALUES (?, ?, ?, false, now() AT TIME ZONE 'UTC')", [
    ...[id, description, images],
  ]);
}

async function dropUndone(database: Database): Promise<void> {
  await database.run('DELETE FROM decisions WHERE action_id IN (SELECT id FROM actions WHERE undone)');
  await database.run('DELETE FROM actions WHERE undone');
}

function restriction(kind: DecisionKind, classId: number, setting: LabelSetting): string {
  if (kind === 'clearLabel' && setting === 'several') {
    return `WHERE target.image_id IN (SELECT image_id FROM image_labels WHERE class_id = ${rootOf(classId)})`;
  }
  if (kind === 'clearLabel') return 'WHERE target.image_id IN (SELECT image_id FROM hand_labels)';
  if (kind !== 'clearVerdict') return '';
  return `WHERE target.image_id IN (SELECT image_id FROM current_verdicts WHERE class_id = ${classId})`;
}

async function requireSeveral(database: Database): Promise<void> {
  if ((await readLabelSetting(database)) === 'several') return;
  throw new OneClassOnly(`Images of this project have one class each: give a single one; ${SEVERAL_LABELS_HINT}.`);
}

async function nameOf(database: Database, classId: number): Promise<string> {
  const [row] = await database.rows('SELECT name FROM classes WHERE id = ?', [classId]);
  if (!row) throw new NothingToDecide(`There is no class number ${classId}: choose one of the project's classes.`);
  return String(row.name);
}

function actText(kind: DecisionKind, className: string, images: number, setting: LabelSetting): string {
  const those = many(images, 'image');
  const texts: Record<DecisionKind, string> = {
    veto: `Veto ${those} for “${className}”`,
    pin: `Pin ${those} to “${className}”`,
    clearVerdict: `Clear the verdict on ${those} for “${className}”`,
    label: `Label ${those} as “${className}”`,
    clearLabel: setting === 'several' ? `Take “${className}” from ${those}` : `Clear the label of ${those}`,
  };
  return texts[kind];
}

function emptyText(kind: DecisionKind, className: string, setting: LabelSetting): string {
  if (kind === 'clearLabel' && setting === 'several') {
    return `None of these images is of “${className}”: choose some that are.`;
  }
  if (kind === 'clearLabel') return 'None of these images was labelled by hand: choose some that were.';
  if (kind === 'clearVerdict')
    return `None of these images is vetoed or pinned for “${className}”: choose some that are.`;
  return 'There are no images here to decide about any more: reload the view and choose again.';
}

/** SQL for a list of ids. Call inside `withChosen`. */
export const CHOSEN_IMAGES = 'SELECT id AS image_id FROM chosen';

/** SQL for the images of a class in one or several ranges of ranks, from 1, both ends included. */
export function imagesBetweenRanks(
  scores: string,
  where: {
    readonly classId: number;
    readonly topP: number;
    readonly ranges: readonly { readonly firstRank: number; readonly lastRank: number }[];
  },
): string {
  const { classId, topP, ranges } = where;
  const between = ranges.map(({ firstRank, lastRank }) => `place BETWEEN ${firstRank} AND ${lastRank}`);
  return `SELECT image_id FROM (
      SELECT image_id, row_number() OVER (ORDER BY probability DESC, image_id) AS place
      FROM ${scores} WHERE class_id = ${classId} AND rank_in_image <= ${topP})
    WHERE ${between.join(' OR ')}`;
}

/** SQL for all images that match a description; see `ImageQuery` in the door's contract. */
export function matchingImages(query: {
  readonly sourceId?: number | undefined;
  readonly classId?: number | undefined;
  readonly part?: ImagePart | undefined;
  readonly search?: string | undefined;
}): string {
  const parts = {
    all: 'true',
    labelled: "kind = 'labelled'",
    unlabelled: "kind = 'unlabelled'",
    heldOut: "kind = 'labelled' AND split <> 'train'",
    byHand: "label.source = 'hand'",
  } as const satisfies Readonly<Record<ImagePart, string>>;
  const conditions = [
    parts[query.part ?? 'all'],
    ...(query.sourceId === undefined ? [] : [`source_id = ${query.sourceId}`]),
    ...(query.classId === undefined
      ? []
      : [`id IN (SELECT image_id FROM image_labels WHERE class_id = ${query.classId})`]),
    ...(query.search ? [`contains(lower(relative_path), lower(${literal(query.search)}))`] : []),
  ];
  return `SELECT id AS image_id FROM usable_images LEFT JOIN current_labels label ON label.image_id = id
    WHERE ${conditions.join(' AND ')}`;
}
