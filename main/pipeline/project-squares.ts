/** What the pixel caches of a project contain for a network: squares, or clips of them in a project of clips. */
import type { Project } from '../catalogue/project.ts';
import type { Squares } from '../images/squares.ts';
import type { ModelPreprocessing } from '../models/model-preprocessing.ts';
import { cachedFrames } from '../training/frames-shown.ts';
import { squaresFor } from '../training/image-reader.ts';

export type SampleKind = Pick<Project, 'clipFrames'>;

/** As decoded for a network with inputs of `imageSizePx`. */
export function projectSquares(
  project: SampleKind,
  imageSizePx: number,
  preprocessing?: Pick<ModelPreprocessing, 'cropShare' | 'interpolation'>,
): Squares {
  const frames = decodedFrames(project);
  return { ...squaresFor(imageSizePx, preprocessing), ...(frames !== undefined && { frames }) };
}

/** Frames per clip; undefined in a project of pictures. */
export function decodedFrames({ clipFrames }: SampleKind): number | undefined {
  return clipFrames === undefined ? undefined : cachedFrames(clipFrames);
}
