/**
 * Everything that a project knows about one image, with names in place of ids: for the command line and its JSON
 * output.
 */
import { basename } from 'node:path';
import { readAllClasses } from '../catalogue/classes.ts';
import type { Verdict } from '../catalogue/decisions.ts';
import { type ImageFile, readImageFile } from '../catalogue/image-paths.ts';
import { captionOf, tagsOf } from '../catalogue/image-tags.ts';
import {
  classesOfCopies,
  type ImageStanding,
  isRepeated,
  labelsOf,
  readImageRecord,
  readImageStanding,
  verdictsOn,
} from '../catalogue/images/image-record.ts';
import type { Project } from '../catalogue/project.ts';
import type { SourceKind } from '../catalogue/source-use.ts';
import { pathIn } from '../object-address.ts';
import { temperatureOf } from './calibration.ts';
import { imageScores, runsUsing } from './image-history.ts';
import { readRuns } from './runs.ts';

export interface KnownImage {
  readonly imageId: number;
  readonly path: string;
  readonly source: { readonly folder: string; readonly kind: SourceKind; readonly split: string | null };
  readonly relativePath: string;
  readonly format: string;
  readonly widthPx: number;
  readonly heightPx: number;
  readonly bytes: number;
  /** Null for an entry of an archive, which has none. */
  readonly modifiedMs: number | null;
  /** The archive's path in the source; null for a file. */
  readonly archive: string | null;
  /** Annotations from its source besides the class. */
  readonly tags: readonly string[];
  readonly caption: string | null;
  /** `repeated`: another image of the project is the same picture and counts in its place. */
  readonly state: 'used' | 'repeated' | 'leftOut' | 'missing' | 'removed';
  /** Why it is not used; null if it is. */
  readonly reason: string | null;
  readonly class: string | null;
  readonly classGivenBy: 'folder' | 'hand' | null;
  /** Its other classes, if images may have several. */
  readonly furtherClasses: readonly string[];
  /** Different classes of its copies. */
  readonly otherClasses: readonly string[];
  /** What it is used for; null: to be labelled by the teacher. */
  readonly split: string | null;
  readonly decisions: readonly { readonly class: string; readonly verdict: Verdict }[];
  /** One per labelling, the newest first. */
  readonly scores: readonly {
    readonly labelRunId: string;
    readonly teacherRunId: string | null;
    readonly classes: readonly {
      readonly class: string;
      readonly score: number;
      /** The displayed score; null if the teacher was in no comparison. */
      readonly calibrated: number | null;
      readonly rank: number;
    }[];
  }[];
  readonly usedIn: readonly { readonly runId: string; readonly stage: string }[];
}

const GONE = 'the file was not there when it was last looked for';
const REMOVED = 'its folder was removed from the project';
const REPEATED = 'the same file, or a copy of it, is another image of this project, which counts in its place';

/** `imageId` must be one of the project's. */
export async function knownImage(
  project: Project,
  imageId: number,
): Promise<{ readonly known: KnownImage; readonly image: ImageFile }> {
  const { database } = project;
  const record = await readImageRecord(database, imageId);
  const standing = await readImageStanding(database, imageId);
  const image = await readImageFile(project, imageId);
  if (!record || !standing || !image) throw new Error(`there is no image ${imageId}`);
  const names = await classNames(project);
  const known: KnownImage = {
    imageId,
    path: pathIn(image.folder, image.relativePath),
    source: { folder: image.folder, kind: record.sourceKind, split: standing.sourceSplit },
    relativePath: image.relativePath,
    format: image.format,
    widthPx: record.widthPx,
    heightPx: record.heightPx,
    bytes: image.bytes,
    modifiedMs: image.entry ? null : image.modifiedMs,
    archive: image.entry ? image.entry.archive || basename(image.folder) : null,
    tags: (await tagsOf(database, [imageId])).get(imageId) ?? [],
    caption: (await captionOf(database, imageId)) ?? null,
    ...(await stateOf(project, imageId, standing)),
    class: record.classId === null ? null : names(record.classId),
    classGivenBy: record.labelSource,
    // The first one is `class`.
    furtherClasses: [...(await labelsOf(database, imageId)).subarray(1)].map(names),
    otherClasses: [...(await classesOfCopies(database, imageId))].map(names),
    split: standing.split,
    decisions: (await verdictsOn(database, imageId)).map(({ classId, verdict }) => ({
      class: names(classId),
      verdict,
    })),
    scores: await scoresOf(project, imageId, names),
    usedIn: await runsUsing(project, imageId),
  };
  return { known, image };
}

async function stateOf(
  { database }: Project,
  imageId: number,
  { sourceRemoved, leftOutBecause, missing }: ImageStanding,
): Promise<Pick<KnownImage, 'state' | 'reason'>> {
  if (sourceRemoved) return { state: 'removed', reason: REMOVED };
  if (leftOutBecause !== null) return { state: 'leftOut', reason: leftOutBecause };
  if (missing) return { state: 'missing', reason: GONE };
  const isAnother = await isRepeated(database, imageId);
  return isAnother ? { state: 'repeated', reason: REPEATED } : { state: 'used', reason: null };
}

async function scoresOf(project: Project, imageId: number, names: (classId: number) => string) {
  const labelled = (await readRuns(project)).filter(({ stage, state }) => stage === 'label' && state === 'succeeded');
  const all = await Promise.all(
    labelled.toReversed().map(async ({ id, parents: [teacher] }) => {
      const temperature = teacher === undefined ? null : ((await temperatureOf(project, teacher)) ?? null);
      const classes = await imageScores(project, id, imageId, temperature);
      return {
        labelRunId: id,
        teacherRunId: teacher ?? null,
        classes: classes.map(({ classId, ...said }) => ({ class: names(classId), ...said })),
      };
    }),
  );
  return all.filter(({ classes }) => classes.length > 0);
}

/** Including classes that have since been merged into others. */
async function classNames({ database }: Project): Promise<(classId: number) => string> {
  const names = new Map((await readAllClasses(database)).map(({ id, name }) => [id, name]));
  return (classId) => names.get(classId) ?? `class ${classId}`;
}
