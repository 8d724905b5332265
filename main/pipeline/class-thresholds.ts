/** From which probability on a model says a class, where images may have several: chosen by the newest comparison that it was in. */
import type { FilesOwner } from './brought-files.ts';
import { readEvaluations } from './evaluations-file.ts';
import type { Compared } from './newest-comparison.ts';

/** As the network numbers the classes; undefined before the first comparison. Throws `StoredDataDamaged`. */
export async function thresholdsOf(
  project: FilesOwner,
  compared: Compared | undefined,
): Promise<readonly number[] | undefined> {
  if (!compared) return undefined;
  const found = (await readEvaluations(project, compared.comparison.id)).find(([name]) => name === compared.model);
  return found?.[1].several?.classes.map(({ threshold }) => threshold);
}
