/**
 * The probability from which on a model assigns a class, for projects with several classes per image: chosen by the
 * newest comparison that included the model.
 */
import type { FilesOwner } from './brought-files.ts';
import { readEvaluations } from './evaluations-file.ts';
import type { Compared } from './newest-comparison.ts';

/** Indexed like the network's outputs; undefined before the first comparison. Throws `StoredDataDamaged`. */
export async function thresholdsOf(
  project: FilesOwner,
  compared: Compared | undefined,
): Promise<readonly number[] | undefined> {
  if (!compared) return undefined;
  const found = (await readEvaluations(project, compared.comparison.id)).find(([name]) => name === compared.model);
  return found?.[1].several?.classes.map(({ threshold }) => threshold);
}
