/** A run's model over images of the collection, at the size that the model sees: a teacher from elsewhere has its own. */

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

/** Tells batch after batch, of every image once and in their order; a batch's `first` is its place among `imageIds`. */
export interface Predict {
  (imageIds: Int32Array, onScored: (scored: ScoredBatch) => void): Promise<void>;
  /** Asking about many at once saves beginning anew each time; a batch may then belong to two partitions. */
  readonly takesMany?: true;
  /** All that will be asked about, bit by bit, where it is looked at first: how far that is can be told from then on. */
  readonly expect?: (imageIds: Int32Array) => Promise<void>;
}

export interface Asked {
  /** How much a network of ours recognises in each picture, too. */
  readonly energies?: boolean;
}

/** Decodes what is not there yet at the model's size. Throws `StoredDataDamaged` where the model is not what was written. */
export async function predictorOf(
  workspace: Workspace,
  collection: Collection,
  run: RunRecord,
  { energies }: Asked = {},
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
    const request = { modelPath: path, batch: recipe.label.batch, source, energies };
    // Where pixels turn out to be damaged, or a device fails, it goes on with the image after those that were scored.
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
