import { rm, stat, writeFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import { Command } from 'commander';
import type { ImageFile } from '../../catalogue/image-paths.ts';
import { openProject, type Project } from '../../catalogue/project.ts';
import { ExpectedFailure, messageOf, WrongUsage } from '../../failure.ts';
import { fileAt } from '../../images/image-locator.ts';
import { squarePng } from '../../images/square-png.ts';
import { type FoundImage, findImage, ImageNotKnown } from '../../pipeline/find-image.ts';
import { type KnownImage, knownImage } from '../../pipeline/known-image.ts';
import { isCached, type NetworkView, networkView } from '../../pipeline/network-view.ts';
import { type SimilarImage, similarImages, similarToFile } from '../../pipeline/similar-images.ts';
import { asSystemFailure } from '../../system-failure.ts';
import { visible } from '../../visible.ts';
import { Terminal } from '../terminal.ts';

const USUALLY_LIKE = 10;

class PictureNotWritten extends ExpectedFailure {}
class ThereAlready extends PictureNotWritten {}

interface ShowOptions {
  readonly pixels?: string;
  readonly like?: string | boolean;
  readonly json?: boolean;
}

export function showCommand(signal: AbortSignal): Command {
  return new Command('show')
    .description('Show what is known about one image, and the picture exactly as a network sees it.')
    .argument('<dir>', "the project's folder, or the .understudy file in it")
    .argument('<path>', "the image's path, its path in one of the project's folders, or its number")
    .option('--pixels <out.png>', 'write the picture as the network sees it; an existing file is not replaced')
    .option(
      '--like [count]',
      'also list the N images (10) that are most similar to it for a brought network; the path may then be any picture',
    )
    .action(async (directory: string, path: string, options: ShowOptions) => {
      const terminal = new Terminal(options.json === true);
      const project = await openProject(directory, { toLook: true, signal });
      try {
        if (options.like !== undefined && (await isOutside(project, path))) {
          return await nearestToFile(project, path, options, terminal, signal);
        }
        const found = await findImage(project, path);
        if (found.kind === 'problem') return leftOut(terminal, found, options);
        const { known, image } = await knownImage(project, found.id);
        const written = options.pixels === undefined ? null : await writePixels(project, image, options.pixels);
        const cached = await isCached(project, image);
        terminal.event({ event: 'image', ...known, cached, pixels: written });
        for (const line of [...linesOf(known, cached), ...(written ? [writtenLine(written)] : [])])
          terminal.print(line);
        if (options.like !== undefined) await nearestTo(project, known.imageId, options.like, terminal);
      } finally {
        await project.close();
      }
    });
}

async function nearestTo(project: Project, imageId: number, like: string | boolean, terminal: Terminal): Promise<void> {
  sayNearest(await similarImages(project, imageId, countOf(like)), terminal);
}

/** Whether the file exists but is unknown to the project. */
async function isOutside(project: Project, path: string): Promise<boolean> {
  const isFile = await stat(path).then(
    (found) => found.isFile(),
    () => false,
  );
  if (!isFile) return false;
  return await findImage(project, path).then(
    () => false,
    (error: unknown) => {
      if (error instanceof ImageNotKnown) return true;
      throw error;
    },
  );
}

async function nearestToFile(
  project: Project,
  path: string,
  { like = true, pixels }: ShowOptions,
  terminal: Terminal,
  signal: AbortSignal,
): Promise<void> {
  if (pixels !== undefined)
    throw new WrongUsage('--pixels shows an image of the project, and this file is not one: leave it out.');
  const similar = await similarToFile(project, fileAt(resolve(path)), countOf(like), signal);
  terminal.print(`${visible(resolve(path))} (not in the project)`);
  sayNearest(similar, terminal);
}

function countOf(like: string | boolean): number {
  const count = like === true ? USUALLY_LIKE : Number(like);
  if (Number.isInteger(count) && count >= 1) return count;
  throw new WrongUsage(`--like takes the number of images to list, not “${String(like)}”.`);
}

function sayNearest(similar: readonly SimilarImage[], terminal: Terminal): void {
  for (const one of similar) {
    terminal.event({ event: 'similar', ...one });
    terminal.print(`like it      ${one.cosine.toFixed(4)} ${visible(one.path)}`);
  }
}

/** A file of a source that is not an image: nothing more is known. */
function leftOut(terminal: Terminal, found: FoundImage & { kind: 'problem' }, { pixels }: ShowOptions): void {
  const { folder, relativePath, reason } = found;
  const path = resolve(folder, relativePath);
  if (pixels !== undefined) throw new PictureNotWritten(`${visible(path)} has no pixels to show: ${reason}.`);
  terminal.event({ event: 'image', imageId: null, path, source: { folder }, relativePath, state: 'leftOut', reason });
  terminal.print(visible(path));
  terminal.print(`left out     ${reason}`);
}

interface Written extends Pick<NetworkView, 'sizePx' | 'from'> {
  readonly path: string;
  /** For a clip: the number of frames, side by side. */
  readonly frames?: number;
}

async function writePixels(project: Project, image: ImageFile, to: string): Promise<Written> {
  const path = resolve(to);
  const view = await networkView(project, image).catch((error: unknown) => {
    if (!(error instanceof ExpectedFailure)) throw error;
    throw new PictureNotWritten(`${visible(image.relativePath)} has no pixels to show: ${messageOf(error)}.`, {
      cause: error,
    });
  });
  try {
    await writeFile(path, await squarePng(view.pixels, view.sizePx, view.frames), { flag: 'wx' });
  } catch (error) {
    const failure = notWritten(path, error);
    // A partly written picture is removed.
    if (!(failure instanceof ThereAlready)) await rm(path, { force: true });
    throw failure;
  }
  const { sizePx, frames, from } = view;
  return { path, sizePx, ...(project.clipFrames !== undefined && { frames }), from };
}

function notWritten(path: string, error: unknown): unknown {
  const code = error instanceof Error && 'code' in error ? error.code : undefined;
  if (code === undefined) return error;
  if (code === 'EEXIST') return new ThereAlready(`${visible(path)} exists already: choose another name.`);
  const full = asSystemFailure(error, path);
  return full instanceof ExpectedFailure
    ? full
    : new PictureNotWritten(`${visible(path)} cannot be written (${String(code)}): choose another place.`);
}

function linesOf(known: KnownImage, cached: boolean): string[] {
  const given = { folder: 'from its folder', hand: 'by hand' };
  const states = { used: 'used', repeated: 'not used', leftOut: 'left out', missing: 'missing', removed: 'not used' };
  const size = `${known.format}, ${known.widthPx} × ${known.heightPx} px, ${known.bytes.toLocaleString('en')} bytes`;
  const className = [...(known.class === null ? [] : [known.class]), ...known.furtherClasses]
    .map(visible)
    .join(' and ');
  return [
    `${visible(known.path)} (image ${known.imageId})`,
    `file         ${size}, ${placeText(known)}`,
    `source       ${known.source.kind} · ${visible(known.source.folder)}`,
    `state        ${states[known.state]}${known.reason === null ? '' : `: ${visible(known.reason)}`}`,
    `class        ${known.classGivenBy === null ? 'none given' : `${className}, ${given[known.classGivenBy]}`}`,
    ...known.otherClasses.map((name) => `             a copy of it is “${visible(name)}”`),
    `for          ${known.split ?? 'the teacher to label'}`,
    ...(known.tags.length > 0 ? [`tags         ${known.tags.map(visible).join(', ')}`] : []),
    ...(known.caption === null ? [] : [`caption      ${visible(known.caption)}`]),
    `pixel cache  ${cached ? 'there' : 'not there yet'}`,
    ...known.decisions.map((decision) => `decided      ${decision.verdict} for ${visible(decision.class)}`),
    ...known.scores.flatMap(({ labelRunId, teacherRunId, classes }) => [
      `scores       by ${teacherRunId ?? 'a teacher from elsewhere'} (${labelRunId})`,
      ...classes.map((one) => `             ${visible(one.class)} ${scoreText(one)}, rank ${one.rank}`),
    ]),
    ...known.usedIn.map(({ runId }) => `used in      ${runId}`),
  ];
}

function placeText({ modifiedMs, archive }: KnownImage): string {
  if (modifiedMs !== null) return `changed ${new Date(modifiedMs).toISOString()}`;
  return `in the archive ${visible(archive ?? '')}`;
}

/** Ranks are ordered by the score; the calibrated probability is based on held-out images. */
function scoreText({ score, calibrated }: KnownImage['scores'][number]['classes'][number]): string {
  return `${score.toFixed(4)}${calibrated === null ? '' : ` (calibrated ${calibrated.toFixed(4)})`}`;
}

function writtenLine({ path, sizePx, frames, from }: Written): string {
  const size = `${sizePx} × ${sizePx} px`;
  return `pixels       ${frames === undefined ? size : `${frames} frames of ${size}`} from the ${from === 'cache' ? 'pixel cache' : 'file'} · ${visible(path)}`;
}
