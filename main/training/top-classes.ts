/** The P highest classes of each image (section 3.2: each image is shortlisted for its P highest classes). */
import type { ScoredBatch } from './predict-request.ts';

export interface TopClasses {
  /** [count, topP], best first; the lower class id first on a tie. */
  readonly classIds: Int32Array;
  /** [count, topP]; NaN where there were fewer classes. */
  readonly probabilities: Float32Array;
}

/** A class whose probability is NaN is never listed. */

export function topClasses({ count, classes, probabilities }: ScoredBatch, topP: number): TopClasses {
  const classIds = new Int32Array(count * topP);
  const best = new Float32Array(count * topP).fill(Number.NaN);
  for (let image = 0; image < count; image++) {
    const row = image * topP;
    let held = 0;
    for (let classId = 0; classId < classes; classId++) {
      const probability = probabilities[image * classes + classId] as number;
      if (Number.isNaN(probability)) continue;
      if (held === topP && probability <= (best[row + topP - 1] as number)) continue;
      let place = Math.min(held, topP - 1);
      while (place > 0 && (best[row + place - 1] as number) < probability) {
        best[row + place] = best[row + place - 1] as number;
        classIds[row + place] = classIds[row + place - 1] as number;
        place--;
      }
      best[row + place] = probability;
      classIds[row + place] = classId;
      held = Math.min(held + 1, topP);
    }
  }
  return { classIds, probabilities: best };
}
