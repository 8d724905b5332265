/**
 * What the start page shows of a project without opening it: a few of its pictures and its student's last accuracy. Stored in
 * the settings folder while the project is open, so that it is available when another process has the project open or its disk
 * is unreachable.
 */
import { join } from 'node:path';
import { z } from 'zod';
import type { Project } from '../../catalogue/project.ts';
import { fileAt, type ImageLocator, imageName } from '../../images/image-locator.ts';
import { InTurn } from '../../in-turn.ts';
import { readKeptList, writeKeptList } from '../../kept-list.ts';
import { readEvaluations } from '../../pipeline/evaluations-file.ts';
import { locateImage } from '../../pipeline/locate-image.ts';
import { lastComparison, readRuns } from '../../pipeline/runs.ts';
import { modelAs } from '../../pipeline/stages.ts';
import { StoredDataDamaged } from '../../stored-data.ts';
import type { ProjectAccuracy } from '../contract/projects.ts';
import { NotFound } from '../failures.ts';

const PICTURES = 6;
const MOST_FACES = 30;

const faceSchema = z.object({
  projectId: z.string(),
  /** A path, or the position of an archive entry. */
  pictures: z.array(
    z.union([
      z.string(),
      z.object({
        kind: z.literal('entry'),
        folder: z.string(),
        archive: z.string(),
        relativePath: z.string(),
        offset: z.number(),
        storedBytes: z.number(),
        isDeflated: z.boolean(),
        version: z.object({ bytes: z.number(), modifiedMs: z.number() }),
      }),
    ]),
  ),
  accuracy: z
    .object({ top1: z.number(), interval: z.tuple([z.number(), z.number()]), finishedAt: z.string() })
    .nullable(),
});
export type ProjectFace = z.infer<typeof faceSchema>;

export class ProjectFaces {
  readonly #path: string;
  /** Changes are made one after another, so that none is lost. */
  readonly #changes = new InTurn();

  constructor(settingsFolder: string) {
    this.#path = join(settingsFolder, 'project-faces.json');
  }

  async all(): Promise<ReadonlyMap<string, ProjectFace>> {
    const faces = await readKeptList(this.#path, z.array(faceSchema));
    return new Map(faces.map((face) => [face.projectId, face]));
  }

  /** Stores how the open project looks now. */
  async remember(projectId: string, project: Project): Promise<void> {
    const pictures = (await project.catalogue.fewImages(PICTURES)).map((placed) => {
      const image = locateImage(placed);
      return image.kind === 'file' ? imageName(image) : image;
    });
    const face = { projectId, pictures, accuracy: await lastAccuracy(project) };
    await this.#changes.run(async () => {
      const known = await this.all();
      if (JSON.stringify(known.get(projectId)) === JSON.stringify(face)) return;
      const others = [...known.values()].filter((other) => other.projectId !== projectId);
      await writeKeptList(this.#path, [face, ...others].slice(0, MOST_FACES));
    });
  }

  /** The location of a project's picture. Throws `NotFound`. */
  async picture(projectId: string, place: number): Promise<ImageLocator> {
    const picture = (await this.all()).get(projectId)?.pictures[place];
    if (picture === undefined) throw new NotFound(`The project ${projectId} has no picture ${place} here.`);
    return typeof picture === 'string' ? fileAt(picture) : picture;
  }
}

async function lastAccuracy(project: Project): Promise<ProjectAccuracy | null> {
  const run = lastComparison(await readRuns(project));
  if (!run) return null;
  try {
    const result = new Map(await readEvaluations(project, run.id)).get(modelAs('result'));
    if (!result) return null;
    const [low, high] = result.top1Interval;
    return { top1: result.top1, interval: [low, high], finishedAt: run.finishedAt ?? run.startedAt };
  } catch (error) {
    // It is written again with the next run; the start page need not report it.
    if (error instanceof StoredDataDamaged) return null;
    throw error;
  }
}
