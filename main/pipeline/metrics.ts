/** What is said of a model on held-out images, from its probabilities and the true classes. */
export interface ClassMetrics {
  readonly images: number;
  readonly precision: number;
  readonly recall: number;
  readonly f1: number;
}

export interface Evaluation {
  readonly images: number;
  readonly top1: number;
  /** 95 % Wilson interval of top-1. */
  readonly top1Interval: readonly [number, number];
  /** The true class among the five best (or among all, with fewer classes). */
  readonly top5: number;
  readonly expectedCalibrationError: number;
  readonly classes: readonly ClassMetrics[];
  /** Row: true class; column: predicted class. */
  readonly confusion: readonly (readonly number[])[];
}

const CALIBRATION_BINS = 15;
const Z_95 = 1.959964;

/** `probabilities` is [images, classes], `labels` [images]. */
export function evaluationOf(probabilities: Float32Array, labels: Int32Array, classes: number): Evaluation {
  const confusion = Array.from({ length: classes }, () => new Array<number>(classes).fill(0));
  const bins = Array.from({ length: CALIBRATION_BINS }, () => ({ count: 0, confidence: 0, correct: 0 }));
  let [correct, amongFive] = [0, 0];
  labels.forEach((label, image) => {
    const row = probabilities.subarray(image * classes, (image + 1) * classes);
    const predicted = indexOfLargest(row);
    const confidence = row[predicted] ?? 0;
    const hit = Number(predicted === label);
    const ofLabel = row[label] ?? 0;
    correct += hit;
    amongFive += Number(row.reduce((larger, value) => larger + Number(value > ofLabel), 0) < 5);
    const counts = confusion[label];
    if (counts) counts[predicted] = (counts[predicted] ?? 0) + 1;
    const bin = bins[Math.min(CALIBRATION_BINS - 1, Math.floor(confidence * CALIBRATION_BINS))];
    if (bin) {
      bin.count++;
      bin.confidence += confidence;
      bin.correct += hit;
    }
  });
  const images = labels.length;
  return {
    images,
    top1: correct / images,
    top1Interval: wilsonInterval(correct, images),
    top5: amongFive / images,
    expectedCalibrationError: bins.reduce((sum, bin) => sum + Math.abs(bin.confidence - bin.correct), 0) / images,
    classes: confusion.map((row, classId) => classMetrics(confusion, row, classId)),
    confusion,
  };
}

function classMetrics(
  confusion: readonly (readonly number[])[],
  row: readonly number[],
  classId: number,
): ClassMetrics {
  const images = row.reduce((sum, value) => sum + value, 0);
  const predicted = confusion.reduce((sum, other) => sum + (other[classId] ?? 0), 0);
  const hits = row[classId] ?? 0;
  const precision = predicted === 0 ? 0 : hits / predicted;
  const recall = images === 0 ? 0 : hits / images;
  const f1 = precision + recall === 0 ? 0 : (2 * precision * recall) / (precision + recall);
  return { images, precision, recall, f1 };
}

/** The 95 % interval of a share of which `hits` of `total` were seen (Wilson, 1927). */
export function wilsonInterval(hits: number, total: number): [number, number] {
  if (total === 0) return [0, 1];
  const share = hits / total;
  const z2 = Z_95 ** 2;
  const centre = (share + z2 / (2 * total)) / (1 + z2 / total);
  const half = (Z_95 * Math.sqrt((share * (1 - share)) / total + z2 / (4 * total ** 2))) / (1 + z2 / total);
  return [Math.max(0, centre - half), Math.min(1, centre + half)];
}

function indexOfLargest(values: Float32Array): number {
  let best = 0;
  for (let i = 1; i < values.length; i++) if ((values[i] ?? 0) > (values[best] ?? 0)) best = i;
  return best;
}
