/** The labelling that the method would do now, if its teacher is there: for whoever labels without decoding first. */
import type { Project } from '../catalogue/project.ts';
import { ExpectedFailure } from '../failure.ts';
import type { CollectionSets } from './collection.ts';
import { type PlannedRun, plannedRuns } from './planned-runs.ts';
import type { ResolvedRecipe } from './resolve-recipe.ts';
import type { RunRecord } from './run-record.ts';
import { hasNetwork } from './train-stage.ts';

/** Something has to be done before partitions can be labelled independently. */
export class NotReadyToShare extends ExpectedFailure {}

/** Throws `NotReadyToShare` if there is no teacher, or one without a network. */
export async function plannedLabelling(
  project: Project,
  recipe: ResolvedRecipe,
  sets: CollectionSets,
): Promise<{ readonly teacher: RunRecord; readonly label: PlannedRun }> {
  const planned = await plannedRuns(project, recipe, sets, 'label');
  const [teacher, label] = (['teacher', 'label'] as const).map((stage) => planned.find((run) => run.stage === stage));
  if (!teacher || !label) throw new Error('the method up to the labelling has a teacher and a labelling');
  const trained = teacher.finished;
  if (!trained) {
    throw new NotReadyToShare(
      `There is no teacher for this recipe and collection yet (it would be ${teacher.id}): run “understudy teacher ${project.directory}” with the same options first, which also decodes the images.`,
    );
  }
  if (!(await hasNetwork({ project }, trained))) {
    throw new NotReadyToShare(
      `The teacher ${trained.id} has no network of its own (it combines several, is a table of scores, or uses a brought network): run “understudy label ${project.directory}” without shares.`,
    );
  }
  return { teacher: trained, label };
}
