/**
 * The loop of a person who labels, as complete commands on a project of many images: a label is changed, a head is
 * trained on all labels, every image is ranked again, and the selection is made from the ranks. Each command opens the
 * project and reads the features; the ranking writes scores and ranks. The images are bitmaps of 8 by 8 pixels and the
 * feature extractor a single matrix product, so that creating them costs little: extraction is not what is measured.
 */
import { execFile } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { portableModel } from '../engines/onnxruntime/portable-model.ts';
import { GraphBuilder } from '../graph/graph-builder.ts';
import { linear } from '../graph/ops/linear.ts';
import { relu } from '../graph/ops/relu.ts';
import { reshape } from '../graph/ops/reshape.ts';
import { referenceInput } from '../models/reference-weights.ts';
import { mix32 } from '../random.ts';

const [SIZE_PX, DIMENSION, CLASSES, LABELS, LOOPS] = [8, 384, 10, 500, 3];
const FILES_A_FOLDER = 1000;

interface LoopTime {
  readonly case: string;
  readonly value: number;
  readonly unit: 's';
}

export async function* wholeLoop(images: number, signal: AbortSignal): AsyncGenerator<LoopTime> {
  const root = await mkdtemp(join(tmpdir(), 'understudy-loop-'));
  const project = join(root, 'project');
  const cli = fileURLToPath(new URL('./cli.js', import.meta.url));
  const timed = async (name: string, ...args: string[]): Promise<LoopTime> => {
    const startedMs = performance.now();
    await promisify(execFile)(process.execPath, [cli, ...args], { signal, maxBuffer: 2 ** 26 });
    return { case: `${name}:${images}`, value: (performance.now() - startedMs) / 1000, unit: 's' };
  };
  const settings = [project, '--device', 'cpu', '--set', `imageSizePx=${SIZE_PX}`];
  try {
    const labelled = join(root, 'labelled');
    for (let image = 0; image < LABELS; image++) writeBitmap(join(labelled, `class ${image % CLASSES}`), image);
    const folderOf = (image: number) => join(root, 'unlabelled', String(Math.floor(image / FILES_A_FOLDER)));
    for (let image = 0; image < images; image++) writeBitmap(folderOf(image), LABELS + image);
    writeFileSync(join(root, 'eyes.onnx'), eyes());
    yield await timed('new', 'new', project);
    yield await timed('add-labelled', 'add', project, '--labelled', labelled);
    yield await timed('add-unlabelled', 'add', project, '--unlabelled', join(root, 'unlabelled'));
    const shown = ['--preset', 'unit', '--size', String(SIZE_PX)];
    yield await timed('bring', 'bring', project, join(root, 'eyes.onnx'), ...shown);
    yield await timed('first-ranks', 'label', ...settings);
    for (let loop = 0; loop < LOOPS; loop++) {
      const changed = join(folderOf(loop), `${LABELS + loop}.bmp`);
      yield await timed('label', 'label-image', project, changed, 'class 3');
      yield await timed('head-and-ranks', 'label', ...settings);
      yield await timed('selection', 'select', ...settings);
    }
  } finally {
    await rm(root, { recursive: true, force: true });
  }
}

/** A picture similar to others of its class. */
function writeBitmap(folder: string, image: number): void {
  const pixels = Buffer.alloc(3 * SIZE_PX ** 2);
  for (let index = 0; index < pixels.length; index++) {
    const ofClass = mix32((image % CLASSES) * pixels.length + index) >>> 25;
    pixels[index] = ofClass + (mix32((image + CLASSES) * pixels.length + index) >>> 25);
  }
  const header = Buffer.alloc(54);
  header.write('BM');
  header.writeUInt32LE(header.length + pixels.length, 2);
  header.writeUInt32LE(header.length, 10);
  header.writeUInt32LE(40, 14);
  header.writeInt32LE(SIZE_PX, 18);
  header.writeInt32LE(SIZE_PX, 22);
  header.writeUInt16LE(1, 26);
  header.writeUInt16LE(24, 28);
  header.writeUInt32LE(pixels.length, 34);
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, `${image}.bmp`), Buffer.concat([header, pixels]));
}

function eyes(): Uint8Array {
  const graph = new GraphBuilder();
  const numbers = 3 * SIZE_PX ** 2;
  const images = graph.input('images', [1, 3, SIZE_PX, SIZE_PX]);
  const rows = graph.applyOne(reshape, [images], { shape: [1, numbers] });
  const [weight, bias] = [graph.state('weight', [DIMENSION, numbers]), graph.state('bias', [DIMENSION])];
  graph.output('embedding', graph.applyOne(relu, [graph.applyOne(linear, [rows, weight, bias], {})], {}));
  const weights = new Map([
    ['weight', referenceInput([DIMENSION, numbers]).map((value) => value / Math.sqrt(numbers))],
    ['bias', new Float32Array(DIMENSION)],
  ]);
  return portableModel(graph.build(), weights, {});
}
