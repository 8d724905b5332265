/** Words of comparing models and of using them. */
import type { EvaluatedModel, ExportFormat } from '../../main/api/contract.ts';
import { formatCount, formatPercent } from '../format.ts';

const models: Readonly<Record<EvaluatedModel, string>> = {
  teacher: 'Teacher',
  supervised: 'Student, labels only',
  pretrained: 'Student, pre-trained',
  finetuned: 'Student, fine-tuned',
};

const points = (share: number) => `${share < 0 ? '−' : '+'}${Math.abs(100 * share).toFixed(1)} points`;

export const compare = {
  title: 'Compare',
  lead: 'All models on the same held-out images, which no training saw.',
  empty: 'Nothing was compared yet: train a student, and the comparison follows.',
  toStudent: 'Train a student',
  models,
  columns: { model: 'Model', top1: 'Top-1', interval: '95 % interval', top5: 'Top-5', against: 'Against labels only' },
  interval: ([low, high]: readonly [number, number]) => `${formatPercent(low)} to ${formatPercent(high)}`,
  difference: (difference: number, [low, high]: readonly [number, number]) =>
    `${points(difference)} (${points(low)} to ${points(high)})`,
  classes: 'By class',
  class: 'Class',
  images: 'Images',
  precision: 'Precision',
  recall: 'Recall',
  f1: 'F1',
  confusion: 'Confusion: true class by row, predicted by column',
  shownModel: 'Model',
  cell: (truth: string, predicted: string, count: number) => `${truth} taken for ${predicted}: ${formatCount(count)}`,
  looks: {
    mistakes: 'Most confident mistakes',
    gains: 'Where the student beats the teacher',
    losses: 'Where it loses',
  },
  look: 'Images',
  found: (count: number) => `${formatCount(count)} ${count === 1 ? 'image' : 'images'}`,
  tile: (truth: string, said: string) => `${truth}, taken for ${said}`,
} as const;

const formats: Readonly<Record<ExportFormat, string>> = {
  checkpoint: 'Checkpoint (safetensors, for PyTorch)',
  onnx: 'ONNX, with class names and preprocessing',
  predictionsCsv: 'Predictions (CSV)',
  predictionsParquet: 'Predictions (Parquet)',
  selectionCsv: 'Selection (CSV)',
  selectionParquet: 'Selection (Parquet)',
};

export const use = {
  title: 'Use and export',
  lead: 'Classify images with any of the project’s models, and take models, predictions and selections elsewhere.',
  empty: 'There is nothing to use yet: train a teacher first.',
  run: 'Run',
  formats,
  format: 'As',
  classify: 'Classify a folder',
  classifyTitle: 'Which folder shall be classified?',
  export: 'Export',
  exportTitle: 'Into which folder?',
  written: (file: string, size: string) => `Written: ${file} (${size})`,
  classified: (count: number) => `${formatCount(count)} classified`,
  results: 'Results',
  columns: { path: 'File', class: 'Class', probability: 'Probability' },
} as const;
