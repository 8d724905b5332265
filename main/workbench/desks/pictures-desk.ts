/**
 * Small JPEGs of the originals, made on first request and cached in the project. A scrolling page requests many and soon no
 * longer needs most of them: the latest request is served first, and abandoned ones are dropped.
 */
import { createHash } from 'node:crypto';
import { access, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { availableParallelism, tmpdir } from 'node:os';
import { join } from 'node:path';
import { ImageFiles } from '../../catalogue/image-files.ts';
import type { ImageFile } from '../../catalogue/image-paths.ts';
import type { Project } from '../../catalogue/project.ts';
import { ExpectedFailure } from '../../failure.ts';
import { clipThumbnail, isClip, movingThumbnail } from '../../images/clips/clip-thumbnail.ts';
import { thumbnailJpeg } from '../../images/decode.ts';
import { ImageUnreachable, ImageUnreadable } from '../../images/image-failures.ts';
import { pixelRevisionOf } from '../../images/image-formats.ts';
import { fileAt, type ImageLocator, imageName, placeOf } from '../../images/image-locator.ts';
import { squarePng } from '../../images/square-png.ts';
import { readThumbnail, writeThumbnail } from '../../images/thumbnail-file.ts';
import { locateImage } from '../../pipeline/locate-image.ts';
import { networkView } from '../../pipeline/network-view.ts';
import { ImageNotSeen, similarImages, similarToFile } from '../../pipeline/similar-images.ts';
import { visible } from '../../visible.ts';
import type { WorkbenchContext } from '../context.ts';
import { AwayNow, NotFound } from '../failures.ts';
import type { ProjectFaces } from '../projects/project-faces.ts';
import type { PicturesDesk as Service } from '../services.ts';
import { NewestFirst } from '../work/newest-first.ts';

const IMAGES_PER_FOLDER = 4096;

interface VersionedFile {
  readonly file: ImageFile;
  readonly image: ImageLocator;
  /** Changes with the file. */
  readonly version: string;
}

export class PicturesDesk implements Service {
  readonly #context: WorkbenchContext;
  readonly #pathOfClassified: (project: Project, classificationId: string, place: number) => Promise<string>;
  readonly #faces: Pick<ProjectFaces, 'picture'>;
  readonly #queue = new NewestFirst(availableParallelism());
  readonly #files = new WeakMap<Project, ImageFiles>();

  constructor(
    context: WorkbenchContext,
    pathOfClassified: (project: Project, classificationId: string, place: number) => Promise<string>,
    faces: Pick<ProjectFaces, 'picture'>,
  ) {
    this.#faces = faces;
    this.#context = context;
    this.#pathOfClassified = pathOfClassified;
  }

  async thumbnail(projectId: string, imageId: number, longSidePx: number, signal: AbortSignal) {
    const { file, cached } = await this.#kept(projectId, imageId, longSidePx);
    const make = () => this.#make(file.image, longSidePx, file.file.format);
    return { picture: await this.#fromCache(cached, signal, make), version: file.version };
  }

  async movingThumbnail(projectId: string, imageId: number, longSidePx: number, signal: AbortSignal) {
    const { file, cached } = await this.#kept(projectId, imageId, longSidePx, 'webp');
    if (!isClip(file.file.format)) throw new NotFound(`${imageName(file.image)} is a picture, not a clip.`);
    const make = () => this.#shown(file.image, (image) => movingThumbnail(image, longSidePx));
    return { picture: await this.#fromCache(cached, signal, make), version: file.version };
  }

  async #fromCache(path: string, signal: AbortSignal, make: () => Promise<Uint8Array>): Promise<Uint8Array> {
    const known = await readThumbnail(path);
    if (known) return known;
    const made = await this.#queue.run(signal, make);
    await keep(path, made);
    return made;
  }

  async thumbnailsAhead(projectId: string, imageIds: readonly number[], longSidePx: number, signal: AbortSignal) {
    const made = imageIds.map(async (imageId) => {
      const { file, cached } = await this.#kept(projectId, imageId, longSidePx);
      if (await isKept(cached)) return;
      await keep(
        cached,
        await this.#queue.runAhead(signal, () => this.#make(file.image, longSidePx, file.file.format)),
      );
    });
    // A picture that cannot be shown reports so when it comes into view.
    const outcomes = await Promise.allSettled(made);
    return { ready: outcomes.filter(({ status }) => status === 'fulfilled').length };
  }

  async #kept(projectId: string, imageId: number, longSidePx: number, ending = 'jpg') {
    const project = await this.#context.projects.opened(projectId);
    const file = await this.#imageFile(project, imageId);
    const folder = String(Math.floor(imageId / IMAGES_PER_FOLDER));
    const name = `${imageId}-${longSidePx}-${file.version}.${ending}`;
    return { file, cached: project.path('cache', 'thumbnails', folder, name) };
  }

  async networkView(projectId: string, imageId: number, signal: AbortSignal) {
    const project = await this.#context.projects.opened(projectId);
    const { file, image } = await this.#imageFile(project, imageId);
    return await this.#queue.run(signal, async () => {
      await this.#context.missingImages.make(imageName(image));
      const { pixels, sizePx, frames } = await networkView(project, file).catch(async (error: unknown) => {
        throw await asShown(error, image);
      });
      return await squarePng(pixels, sizePx, frames);
    });
  }

  async similarImages(projectId: string, imageId: number, count: number) {
    const project = await this.#context.projects.opened(projectId);
    await this.#imageFile(project, imageId);
    return await similarImages(project, imageId, count);
  }

  async similarToPicture(
    projectId: string,
    { name, bytes }: { readonly name: string; readonly bytes: Uint8Array },
    count: number,
    signal: AbortSignal,
  ) {
    const project = await this.#context.projects.opened(projectId);
    const folder = await mkdtemp(join(tmpdir(), 'understudy-picture-'));
    try {
      // A name that a page sends is not used for the path.
      const file = join(folder, 'picture');
      await writeFile(file, bytes);
      return await similarToFile(project, fileAt(file), count, signal);
    } catch (error) {
      if (error instanceof ImageNotSeen) throw new ImageNotSeen(`${visible(name)} is not a picture that can be read.`);
      throw error;
    } finally {
      await rm(folder, { recursive: true, force: true });
    }
  }

  async classifiedThumbnail(projectId: string, classificationId: string, place: number, signal: AbortSignal) {
    const project = await this.#context.projects.opened(projectId);
    const path = await this.#pathOfClassified(project, classificationId, place);
    return await this.#queue.run(signal, () => this.#make(fileAt(path), 192));
  }

  async facePicture(projectId: string, place: number, signal: AbortSignal) {
    const image = await this.#faces.picture(projectId, place);
    return await this.#queue.run(signal, () => this.#make(image, 192));
  }

  async filePicture(file: string, signal: AbortSignal) {
    return await this.#queue.run(signal, () => this.#make(fileAt(file), 192));
  }

  /** For a clip, its middle frame. */
  async #make(image: ImageLocator, longSidePx: number, format = ''): Promise<Uint8Array> {
    return await this.#shown(image, async () =>
      isClip(format) ? await clipThumbnail(image, longSidePx) : await thumbnailJpeg(image, longSidePx),
    );
  }

  async #shown(image: ImageLocator, make: (image: ImageLocator) => Promise<Uint8Array>): Promise<Uint8Array> {
    await this.#context.missingImages.make(imageName(image));
    return await make(image).catch(async (error: unknown) => {
      throw await asShown(error, image);
    });
  }

  async #imageFile(project: Project, imageId: number): Promise<VersionedFile> {
    const files = this.#files.get(project) ?? new ImageFiles(project.database);
    this.#files.set(project, files);
    const file = await files.of(imageId);
    if (!file) throw new NotFound(`There is no image ${imageId} in this project.`);
    const image = locateImage(file);
    const revision = pixelRevisionOf(file.format);
    const named = `${imageName(image)} ${file.bytes} ${file.modifiedMs}${revision === 1 ? '' : ` ${revision}`}`;
    return { file, image, version: createHash('sha256').update(named).digest('hex').slice(0, 16) };
  }
}

/** The picture has been made; a cache that cannot be written only costs time. */
async function keep(path: string, jpeg: Uint8Array): Promise<void> {
  try {
    await writeThumbnail(path, jpeg);
  } catch (error) {
    if (!(error instanceof Error && 'code' in error) && !(error instanceof ExpectedFailure)) throw error;
  }
}

async function isKept(path: string): Promise<boolean> {
  return await access(path).then(
    () => true,
    () => false,
  );
}

/** A damaged picture cannot be shown at all; one whose file is unreachable cannot be shown now, and that must not be cached. */
async function asShown(error: unknown, image: ImageLocator): Promise<unknown> {
  if (error instanceof ImageUnreadable) return new NotFound(`${imageName(image)} cannot be shown: ${error.message}.`);
  if (!(error instanceof ImageUnreachable)) return error;
  const place = placeOf(image);
  const why = await place.whyAway();
  return new AwayNow(
    why === undefined
      ? `${imageName(image)} cannot be shown now: ${error.message}.`
      : `${place.title} ${why}: connect it again, or give its new place, to see its images.`,
  );
}
