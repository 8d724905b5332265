/**
 * Small JPEGs of the originals, made when they are first asked for and kept in the project's cache. A page that scrolls asks
 * for many and soon no longer wants most of them: what was asked last is made first, what nobody waits for is not made.
 */
import { createHash } from 'node:crypto';
import { mkdir, readFile } from 'node:fs/promises';
import { availableParallelism } from 'node:os';
import { dirname, join } from 'node:path';
import { writeAtomically } from '../atomic-file.ts';
import type { Project } from '../catalogue/project.ts';
import { ExpectedFailure, messageOf } from '../failure.ts';
import { thumbnailJpeg } from '../images/decode.ts';
import { fileAt } from '../images/image-locator.ts';
import type { WorkbenchContext } from './context.ts';
import { NotFound } from './failures.ts';
import { NewestFirst } from './newest-first.ts';
import type { PicturesDesk as Service } from './services.ts';

const IMAGES_PER_FOLDER = 4096;

interface ImageFile {
  readonly path: string;
  /** Changes with the file. */
  readonly version: string;
}

export class PicturesDesk implements Service {
  readonly #context: WorkbenchContext;
  readonly #pathOfClassified: (project: Project, classificationId: string, place: number) => Promise<string>;
  readonly #queue = new NewestFirst(availableParallelism());

  constructor(
    context: WorkbenchContext,
    pathOfClassified: (project: Project, classificationId: string, place: number) => Promise<string>,
  ) {
    this.#context = context;
    this.#pathOfClassified = pathOfClassified;
  }

  async thumbnail(projectId: string, imageId: number, longSidePx: number, signal: AbortSignal) {
    const project = await this.#context.projects.opened(projectId);
    const file = await imageFile(project, imageId);
    const folder = String(Math.floor(imageId / IMAGES_PER_FOLDER));
    const cached = project.path('cache', 'thumbnails', folder, `${imageId}-${longSidePx}-${file.version}.jpg`);
    const known = await readFile(cached).catch(() => undefined);
    return { jpeg: known ?? (await this.#make(file.path, longSidePx, signal, cached)), version: file.version };
  }

  async classifiedThumbnail(projectId: string, classificationId: string, place: number, signal: AbortSignal) {
    const project = await this.#context.projects.opened(projectId);
    const path = await this.#pathOfClassified(project, classificationId, place);
    return await this.#make(path, 192, signal);
  }

  async #make(path: string, longSidePx: number, signal: AbortSignal, keepAt?: string): Promise<Uint8Array> {
    return await this.#queue.run(signal, async () => {
      await this.#context.missingImages.make(path);
      const jpeg = await thumbnailJpeg(fileAt(path), longSidePx).catch((error: unknown) => {
        throw error instanceof ExpectedFailure ? new NotFound(`${path} cannot be shown: ${messageOf(error)}.`) : error;
      });
      if (keepAt !== undefined) await keep(keepAt, jpeg);
      return jpeg;
    });
  }
}

/** The picture was made; a cache that cannot be written costs time, nothing else. */
async function keep(path: string, jpeg: Uint8Array): Promise<void> {
  try {
    await mkdir(dirname(path), { recursive: true });
    await writeAtomically(path, async (file) => {
      await file.writeFile(jpeg);
    });
  } catch (error) {
    if (!(error instanceof Error && 'code' in error) && !(error instanceof ExpectedFailure)) throw error;
  }
}

async function imageFile(project: Project, imageId: number): Promise<ImageFile> {
  const [row] = await project.database.rows(
    `SELECT folder, relative_path, bytes, modified_ms FROM images JOIN sources ON sources.id = source_id
     WHERE images.id = ?`,
    [imageId],
  );
  if (!row) throw new NotFound(`There is no image ${imageId} in this project.`);
  const path = join(String(row.folder), String(row.relative_path));
  const version = createHash('sha256').update(`${path} ${row.bytes} ${row.modified_ms}`).digest('hex').slice(0, 16);
  return { path, version };
}
