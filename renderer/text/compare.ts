/** Texts for comparing models and for using them. */
import type { EvaluatedModel, ExportFormat } from '../../main/api/contract.ts';
import { formatCount, formatPercent } from '../format.ts';

const models: Readonly<Record<EvaluatedModel, string>> = {
  teacher: 'Teacher',
  supervised: 'Student, labels only',
  pretrained: 'Student, pre-trained',
  finetuned: 'Student, fine-tuned',
};

const points = (share: number) => `${share < 0 ? '−' : '+'}${Math.abs(100 * share).toFixed(1)} points`;

const pair = (truth: string, said: string) => (truth === said ? `${truth}, recognised` : `${truth} taken for ${said}`);

export const compare = {
  title: 'Compare',
  lead: 'All models on the same held-out images, which no training has seen.',
  empty: 'Nothing has been compared yet: train a student, and the comparison follows.',
  toStudent: 'Train a student',
  models,
  columns: {
    model: 'Model',
    top1: 'Top-1',
    meanAveragePrecision: 'mAP',
    microF1: 'Micro F1',
    interval: '95 % interval',
    top5: 'Top-5',
    against: 'Against labels only',
    calibration: 'Calibration error',
  },
  evaluation: 'Comparison',
  deleteThis: 'Delete this comparison…',
  comparisonOf: (when: string) => `the comparison of ${when}`,
  evaluations: (when: string, newest: boolean) => (newest ? `${when}, the newest` : when),
  scale: (from: number, to: number) => `from ${formatPercent(from)} to ${formatPercent(to)}`,
  pointScale: (to: number) => `from ${points(-to)} to ${points(to)}; the line is no difference`,
  drawn: 'Drawn',
  interval: ([low, high]: readonly [number, number]) => `${formatPercent(low)} to ${formatPercent(high)}`,
  difference: (difference: number, [low, high]: readonly [number, number]) =>
    `${points(difference)} (${points(low)} to ${points(high)})`,
  calibration: (before: number, after: number, temperature: number) =>
    `${formatPercent(before)}, calibrated ${formatPercent(after)} (temperature ${temperature.toFixed(2)})`,
  classes: 'By class',
  class: 'Class',
  images: 'Images',
  precision: 'Precision',
  recall: 'Recall',
  f1: 'F1',
  averagePrecision: 'Average precision',
  threshold: 'Threshold',
  confusion: 'Confusion: true class by row, predicted by column',
  shownModel: 'Model',
  cell: (truth: string, predicted: string, count: number) => `${pair(truth, predicted)}: ${formatCount(count)}`,
  report: (file: string) => `The newest comparison as one HTML file: ${file}`,
  looks: {
    mistakes: 'Most confident mistakes',
    gains: 'Where the student beats the teacher',
    losses: 'Where it loses',
  },
  look: 'Images',
  found: (count: number) => `${formatCount(count)} ${count === 1 ? 'image' : 'images'}`,
  openHint: 'Open one to see what each model said about it.',
  tile: (truth: string, said: string, probability: number) =>
    truth === said
      ? `${truth}, recognised (${formatPercent(probability)})`
      : `${truth}, taken for ${said} (${formatPercent(probability)})`,
  dialog: {
    truth: (name: string) => `It is: ${name}`,
    said: 'Said',
    probability: 'Calibrated probability',
    uncalibrated: 'Probability',
    right: 'right',
    wrong: 'wrong',
  },
  pairs: 'Most often confused',
  pair,
  pairCount: (count: number, share: number) => `${formatCount(count)} (${formatPercent(share)} of the class)`,
  noPairs: 'It confused no images.',
  morePairs: 'More pairs',
  map: {
    kind: 'map of confusions',
    label: (classes: number) =>
      `All ${formatCount(classes)} classes, with those that are confused next to each other; true class by row, predicted by column`,
    keys: 'Arrow keys move by one class, with Shift to the next confusion; Enter shows its images. A second click does too.',
  },
} as const;

export const lineage = {
  title: 'Where it came from',
  lead: 'From this run back to the images, each step with what it used.',
  of: (run: string) => `Where ${run} came from`,
  shown: 'Run',
  open: 'To its screen',
  facts: (device: string, seed: number, when: string) => `${when} · ${device} · seed ${seed}`,
  top1: (share: number) => `${formatPercent(share)} held-out top-1`,
  from: (parents: string) => `made from ${parents}`,
  first: 'made from the images alone',
  uses: {
    trainedOn: (count: number) => `${formatCount(count)} images it trained on`,
    labelled: (count: number) => `${formatCount(count)} unlabelled images it labelled`,
    selected: (count: number) => `${formatCount(count)} images it selected`,
    heldOut: (count: number) => `${formatCount(count)} held-out images it evaluated on`,
  },
  noClass: 'no class',
} as const;

const formats: Readonly<Record<ExportFormat, string>> = {
  checkpoint: 'Checkpoint (safetensors, for PyTorch)',
  onnx: 'ONNX, with class names and preprocessing',
  onnxPixels: 'ONNX that takes pixels (uint8)',
  onnxHalf: 'ONNX, weights in half precision',
  onnxPixelsHalf: 'ONNX that takes pixels, weights in half precision',
  tfjs: 'TensorFlow.js (a folder)',
  tfjsPixels: 'TensorFlow.js that takes pixels (a folder)',
  predictionsCsv: 'Predictions (CSV)',
  predictionsParquet: 'Predictions (Parquet)',
  selectionCsv: 'Selection (CSV)',
  selectionParquet: 'Selection (Parquet)',
  selectionLinks: 'Selection, a folder of links for each class',
  selectionCopies: 'Selection, a folder of copies for each class',
  selectionShards: 'Selection, as WebDataset shards',
};

export const use = {
  title: 'Use and export',
  lead: 'Classify images with any of the project’s models, and take models, predictions and selections elsewhere.',
  empty: 'There is nothing to use yet: train a teacher first.',
  run: 'Run',
  formats,
  format: 'As',
  classify: 'Classify a folder',
  classifyTitle: 'Which folder should be classified?',
  classifyFiles: 'Classify image files',
  drop: 'Or drop image files or a folder here. They are classified on this computer and kept until the next drop.',
  dropHere: 'Drop to classify them',
  noFiles: 'The drop contained no files.',
  tooMany: (count: number, most: number) =>
    `These are ${formatCount(count)} files; at most ${formatCount(most)} can be dropped at once. Use “Classify a folder” for more.`,
  model: 'Model',
  exportHeading: 'Export',
  classifyHeading: 'Classify',
  export: 'Export',
  exportTitle: 'Into which folder?',
  written: (file: string, size: string) => `Written: ${file} (${size})`,
  classified: (count: number) => `${formatCount(count)} classified`,
  results: 'Results',
  resultsOf: (title: string, count: number) => `${title} · ${formatCount(count)}`,
  noResults: 'Nothing has been classified yet.',
  caption: (className: string, probability: number, file: string) =>
    `${className} ${formatPercent(probability)} · ${file}`,
  unreadable: (file: string, reason: string) => `${file}: ${reason}`,
  captionSeveral: (names: string | null, file: string) => `${names ?? 'No class'} · ${file}`,
  isSaid: 'yes',
  isNotSaid: 'no',
  captionUnlike: (className: string, file: string) => `Unlike any class, nearest ${className} · ${file}`,
  unlike: 'This picture is unlike anything the model has learnt from: perhaps none of its classes is right.',
  openHint: 'Open one to see everything the model says about it.',
  columns: { path: 'File', class: 'Class', probability: 'Probability', said: 'At its threshold' },
  calibrated: (temperature: number) => `Calibrated probabilities (temperature ${temperature.toFixed(2)})`,
} as const;
