/**
 * The whole method with networks other than ResNets: a ConvNeXt from random weights teaches a ViT pre-trained
 * elsewhere.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { InferenceSession, Tensor } from 'onnxruntime-node';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Project } from '../../../main/catalogue/project.ts';
import { loadModel } from '../../../main/models/checkpoint.ts';
import { architecture } from '../../../main/models/family.ts';
import { parameterShapes } from '../../../main/models/network.ts';
import { referenceWeights } from '../../../main/models/reference-weights.ts';
import { writeSafetensors } from '../../../main/models/safetensors.ts';
import { describeStart } from '../../../main/models/starting-weights.ts';
import { runMethod } from '../../../main/pipeline/method.ts';
import { onnxModel } from '../../../main/pipeline/onnx-model.ts';
import { openWorkspace } from '../../../main/pipeline/open-workspace.ts';
import { drawnProject } from './drawn-project.ts';

const CLASSES = ['heron', 'stork'];
const SETTINGS = [
  ...['batch=8', 'label.topP=1', 'select.k=4', 'supervised.enabled=false', 'teacher.model=small-convnext'],
  ...['teacher.training.images=16', 'pretrain.images=16', 'finetune.images=16'],
  ...['teacher.training.optimiser.kind=adamw', 'pretrain.optimiser.kind=adamw', 'finetune.optimiser.kind=adamw'],
];
const DINOV2 = { ...architecture('small-vit', 1), classPosition: true };

let root: string;
let project: Project;

beforeAll(async () => {
  root = mkdtempSync(join(tmpdir(), 'understudy-families-'));
  project = await drawnProject(root, CLASSES, 4);
});
afterAll(async () => {
  await project.close();
  rmSync(root, { recursive: true });
});

/** As published by DINOv2's authors: without a classifier, but with the mask token of its training. */
async function backbone(): Promise<string> {
  const weights = referenceWeights(DINOV2);
  const tensors = [...parameterShapes(DINOV2)]
    .filter(([name]) => !name.startsWith('head.'))
    .map(([name, shape]) => {
      const data = weights.get(name) ?? new Float32Array();
      return [name === 'reg_token' ? 'register_tokens' : name, { shape, data }] as const;
    });
  const file = join(root, 'dinov2_vits14_reg4_pretrain.safetensors');
  const mask = ['mask_token', { shape: [1, DINOV2.width], data: new Float32Array(DINOV2.width) }] as const;
  await writeSafetensors(file, new Map([...tensors, mask]));
  return file;
}

async function opened(...set: readonly string[]) {
  const { signal } = new AbortController();
  return await openWorkspace(project, { device: 'cpu', set: [...SETTINGS, ...set] }, { signal, tell: () => {} });
}

test('a ConvNeXt teaches a brought ViT, which sees images of another size than it learnt on, and is exported', async () => {
  const file = await backbone();
  expect(await describeStart(file)).toMatchObject({ hasHead: false, network: DINOV2, imageSizePx: 32 });
  const { workspace, collection } = await opened('imageSizePx=24', `student.startFrom=${file}`);
  const runs = await runMethod(workspace, collection, 'evaluate');
  const of = async (run: { readonly id: string } | undefined) =>
    await loadModel(project.path('runs', run?.id ?? '', 'model.safetensors'));
  const teacher = await of(runs.teacher);
  expect(teacher.network).toEqual(architecture('small-convnext', 2));
  const student = await of(runs.finetune);
  expect(student.network).toEqual({ ...DINOV2, classes: 2, gridSide: 3 });
  expect(student.weights.get('pos_embed')).toHaveLength((1 + 9) * DINOV2.width);
  expect(Object.values(runs.evaluate?.metrics ?? {}).every(Number.isFinite)).toBe(true);

  for (const model of [teacher, student]) {
    const session = await InferenceSession.create(onnxModel(model));
    const images = new Tensor('float32', new Float32Array(3 * 3 * 24 ** 2).fill(0.5), [3, 3, 24, 24]);
    const { probabilities } = await session.run({ images });
    expect(probabilities?.dims).toEqual([3, 2]);
    await session.release();
  }
});

test('patches that do not fill the images are refused with the sizes that they fill; auto chooses one', async () => {
  const file = await backbone();
  await expect(opened('imageSizePx=30', `student.startFrom=${file}`)).rejects.toThrow(
    'student.model is dinov2_vits14_reg4_pretrain.safetensors, whose patches of 8 pixels do not fill images of 30: choose 24 or 32 for imageSizePx.',
  );
  const other = ['student.model=dinov2_small', 'student.startFrom=null', 'finetune.optimiser.kind=sgd'];
  const { workspace, explanations } = await opened(...other);
  expect(workspace.recipe.imageSizePx % 4).toBe(0);
  // The advice against SGD concerns only the training for which AdamW is better.
  expect(explanations.filter(({ path }) => path.endsWith('optimiser.kind'))).toEqual([
    {
      path: 'finetune.optimiser.kind',
      value: 'sgd',
      because: 'as the recipe says; a ViT learns better with AdamW: finetune.optimiser.kind=adamw',
    },
  ]);
});
