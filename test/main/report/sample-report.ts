/** A report with made-up numbers, for tests of its rendering. */
import { evaluationOf } from '../../../main/pipeline/metrics.ts';
import { CounterRandom } from '../../../main/random.ts';
import type { ReportData, ReportedModel } from '../../../main/report/report-data.ts';

type ModelName = ReportedModel['model'];

export interface SampleOptions {
  readonly classNames?: readonly string[];
  readonly project?: string;
  /** The accuracy of each model. */
  readonly top1?: Readonly<Partial<Record<ModelName, number>>>;
  readonly thumbnail?: string;
  readonly missing?: number;
}

const IMAGES = 2000;
const TOP1 = { teacher: 0.7, supervised: 0.64, pretrained: 0.68, finetuned: 0.72 };

export function sampleReport(options: SampleOptions = {}): ReportData {
  const {
    classNames = ['cat', 'dog', 'owl'],
    project = 'Sample',
    top1 = TOP1,
    thumbnail = 'AAAA',
    missing = 0,
  } = options;
  const names = Object.keys(top1) as ModelName[];
  return {
    project,
    directory: '/projects/sample',
    createdAt: '2026-03-04T05:06:07.000Z',
    collection: {
      labelled: 240,
      unlabelled: 3200,
      heldOut: IMAGES,
      problems: 2,
      missing,
      problemFiles: [{ path: '/images/broken & bent.jpg', reason: 'the file is empty' }],
      labelledPerClass: classNames.map(() => 80),
    },
    classNames,
    models: names.map((model) => ({
      model,
      runId: `${model}-0123456789ab`,
      evaluation: evaluated(classNames.length, top1[model] ?? 0),
      curve: Array.from({ length: 20 }, (_, step) => ({
        imagesProcessed: 128 * (step + 1),
        loss: 2 / (step + 1),
        top1: 0.05 * step,
        learningRate: 0.2 - 0.01 * step,
      })),
    })),
    selection: {
      runId: 'select-0123456789ab',
      k: 60,
      excludedLeaks: 3,
      excludedNearDuplicates: 12,
      classes: classNames.map((name, classId) => ({
        name,
        candidates: 500,
        kept: classId === 0 ? 41 : 60,
        scoreAtCut: 0.5,
        samples: [1, 30, 60, 61].map((rank) => ({
          rank,
          probability: 1 - rank / 100,
          kept: rank <= 60,
          path: `pool/${rank}.jpg`,
          thumbnail,
        })),
      })),
    },
    runs: [
      { id: 'teacher-0123456789ab', stage: 'teacher', seed: 7, device: 'cpu', seconds: 61.5, imagesPerSecond: 1950.4 },
      { id: 'select-0123456789ab', stage: 'select', seed: 7, device: 'cpu', seconds: 0.4, imagesPerSecond: undefined },
    ],
    seed: 7,
    device: 'cpu',
    recipe: { seed: 7, select: { k: 60 } },
    explanations: [{ path: 'select.k', value: 60, because: 'the paper’s ratio' }],
  };
}

/** Right on the first `share` of the images, so that a better model is right wherever a worse one is. */
function evaluated(classes: number, share: number) {
  const random = new CounterRandom(1, classes);
  const labels = Int32Array.from({ length: IMAGES }, () => random.integer(classes));
  const probabilities = new Float32Array(IMAGES * classes);
  labels.forEach((label, image) => {
    const guess = image < share * IMAGES ? label : (label + 1) % classes;
    probabilities[image * classes + guess] = 1;
  });
  return evaluationOf(probabilities, labels, classes);
}
