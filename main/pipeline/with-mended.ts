/** Runs work that may find damage in recreatable data: recreates the data, and calls the work again. */
import { type Damage, StoredDataDamaged, type StoredKind } from '../stored-data.ts';

/** `mend` recreates what was damaged. Throws the damage if it occurs again in the same file, and what both throw. */
export async function withMended<T>(
  kind: StoredKind,
  mend: (damage: Damage) => Promise<void>,
  work: () => Promise<T>,
): Promise<T> {
  for (const mended = new Set<string>(); ; ) {
    try {
      return await work();
    } catch (error) {
      if (!(error instanceof StoredDataDamaged) || error.damage.kind !== kind) throw error;
      // A disk that returns different bytes each time must not cause an endless loop.
      if (mended.has(error.damage.path)) throw error;
      mended.add(error.damage.path);
      await mend(error.damage);
    }
  }
}
