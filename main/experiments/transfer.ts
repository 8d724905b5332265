/**
 * How well a model that was trained elsewhere transfers to other classes (the paper's transfer table): each model is fine-tuned
 * on their labels, once with all layers and once with the classifier alone, and compared with the others and with the recipe's
 * student from random weights.
 */
import { basename } from 'node:path';
import { modelAs } from '../pipeline/stages.ts';
import type { Cell, Experiment } from './experiment.ts';

export interface TransferModel {
  /** Its name in the project; `file` is where it was brought from. */
  readonly weights: string;
  readonly file: string;
}

/** `student`: the name of the recipe's network. The first model is the one the others are compared with. */
export function transferExperiment(models: readonly TransferModel[], student: string): Experiment {
  const cells = models.flatMap(({ weights, file }): Cell[] => {
    const name = namedApart(file, models);
    const cell = (how: string, trainedStages: 'all' | 0): Cell => ({
      name: `${name}, ${how}`,
      settings: { 'student.startFrom': weights, 'student.tuning.trainedStages': trainedStages },
      model: modelAs('baseline'),
    });
    return [cell('all of it fine-tuned', 'all'), cell('its classifier alone', 0)];
  });
  return {
    name: 'transfer',
    title: 'Transfer to these classes',
    question: 'How useful is a model that was trained on something else?',
    claim:
      'models that learnt from unlabelled images transfer better (ResNet-50 on CUB-2011: 82.1 % to 83.6 % whole, 73.3 % to 80.4 % with the classifier alone)',
    settings: {},
    cells: [
      ...cells,
      { name: `${student} from random weights`, settings: { 'student.startFrom': null }, model: modelAs('baseline') },
    ],
    against: cells[0]?.name ?? '',
    expected: [],
    labelsAlone: true,
  };
}

function namedApart(file: string, models: readonly TransferModel[]): string {
  const alike = models.filter((other) => basename(other.file) === basename(file));
  return alike.length > 1 ? file : basename(file);
}
