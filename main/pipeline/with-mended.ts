/** Work that meets damage in what can be made again, has it made again, and is called again. */
import { type Damage, StoredDataDamaged, type StoredKind } from '../stored-data.ts';

/** `mend` makes anew what was damaged. Throws the damage where it is met again in the same file, and what both throw. */
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
      // A disk that gives other bytes each time is not to be read for ever.
      if (mended.has(error.damage.path)) throw error;
      mended.add(error.damage.path);
      await mend(error.damage);
    }
  }
}
