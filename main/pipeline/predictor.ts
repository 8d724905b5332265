/**
 * Runs a run's model over images of the collection, at the model's own input size: a teacher from elsewhere may differ
 * from the recipe.
 */

import { runTask } from '../jobs/run-task.ts';
import { describeModel } from '../models/checkpoint.ts';
import { preprocessingOf } from '../models/model-preprocessing.ts';
import type { ScoredBatch } from '../training/predict-request.ts';
import { type Collection, pixelsFor } from './collection.ts';
import { combinedPredictor, combinedTeacher } from './combined-teacher.ts';
import { headPredictor } from './feature-teacher.ts';
import { requireLabeller } from './given-teacher.ts';
import type { RunRecord } from './run-record.ts';
import { scorePredictor } from './score-teacher.ts';
import { withSoundPixels } from './sound-pixels.ts';
import { computeSteadily } from './steady-compute.ts';
import { openModel } from './train-stage.ts';
import type { Workspace } from './workspace.ts';

/** Reports batch after batch, covering every image once and in order; a batch's `first` is an index into `imageIds`. */
export interface Predict {
  (imageIds: Int32Array, onScored: (scored: ScoredBatch) => void): Promise<void>;
  /** Predicting many images at once saves repeated set-up; a batch may then span two partitions. */
  readonly takesMany?: true;
  /**
   * Announces all images that will be predicted piece by piece, if features are computed first, so that overall
   * progress is known.
   */
  readonly expect?: (imageIds: Int32Array) => Promise<void>;
}

export interface Asked {
  /** Also reports the energy of each picture, which tells how much a network of ours recognises in it. */
  readonly energies?: boolean;
  /** A file of `learnFamiliarPictures`: also reports how far each picture is from what the network has learnt from. */
  readonly familiarPath?: string | undefined;
}

/** Decodes missing images at the model's size. Throws `StoredDataDamaged` if the model is damaged. */
export async function predictorOf(
  workspace: Workspace,
  collection: Collection,
  run: RunRecord,
  { energies, familiarPath }: Asked = {},
): Promise<Predict> {
  const combined = await combinedTeacher(workspace.project, run.id);
  if (combined) {
    return combinedPredictor(combined, async (member) =>
      predictorOf(workspace, collection, await requireLabeller(workspace.project, collection, member)),
    );
  }
  const ofTable = await scorePredictor(workspace, collection, run.id);
  if (ofTable) return ofTable;
  const withEyes = await headPredictor(workspace, run);
  if (withEyes) return withEyes;
  const path = await openModel(workspace, run);
  const model = await describeModel(path);
  const cache = await pixelsFor(workspace, collection, model.imageSizePx, preprocessingOf(model));
  const { recipe, signal } = workspace;
  return async (imageIds, onScored) => {
    const source = { kind: 'cache', ...cache, imageIds } as const;
    const request = { modelPath: path, batch: recipe.label.batch, source, energies, familiarPath };
    // After repairing damaged pixels, or a failed device, continues with the image after the last one scored.
    let first = 0;
    const onEvent = (scored: ScoredBatch) => {
      onScored(scored);
      first = scored.first + scored.count;
    };
    await withSoundPixels(workspace, cache, () =>
      computeSteadily(workspace.target, workspace, (target) =>
        runTask('predict', { ...request, target, first }, { signal, onEvent }),
      ),
    );
  };
}
