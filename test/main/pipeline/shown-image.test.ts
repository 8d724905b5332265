/** What `show` reports about an image, and the picture as the network sees it. */
import { mkdirSync, mkdtempSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import sharp from 'sharp';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { CHOSEN_IMAGES, decide } from '../../../main/catalogue/decisions.ts';
import { createProject, type Project } from '../../../main/catalogue/project.ts';
import { centreCrop } from '../../../main/images/augment.ts';
import { centreSquare } from '../../../main/images/centre-square.ts';
import { decodeSquare } from '../../../main/images/decode.ts';
import { normalised } from '../../../main/images/normalise.ts';
import { openBytes } from '../../../main/images/open-bytes.ts';
import { squarePng } from '../../../main/images/square-png.ts';
import { saveModel } from '../../../main/models/checkpoint.ts';
import { architecture } from '../../../main/models/family.ts';
import { presets } from '../../../main/models/onnx/preprocessing.ts';
import { referenceWeights } from '../../../main/models/reference-weights.ts';
import { decodeOnce } from '../../../main/pipeline/decode-once.ts';
import { findImage } from '../../../main/pipeline/find-image.ts';
import { importFolder } from '../../../main/pipeline/import-folder.ts';
import { knownImage } from '../../../main/pipeline/known-image.ts';
import { cacheImage } from '../../../main/pipeline/locate-image.ts';
import { isCached, networkView } from '../../../main/pipeline/network-view.ts';
import { writeRun } from '../../../main/pipeline/runs.ts';
import { bringWeights } from '../../../main/pipeline/starting-weights.ts';
import { writeJpeg } from '../image-files.ts';

const root = mkdtempSync(join(tmpdir(), 'understudy-show-'));
const [labelled, unlabelled] = [join(root, 'labelled'), join(root, 'unlabelled')];
let project: Project;

beforeAll(async () => {
  await writeJpeg(join(labelled, 'ant', '1.jpg'), { seed: 1, widthPx: 90, heightPx: 70 });
  await writeJpeg(join(labelled, 'bee', '1.jpg'), { seed: 2, widthPx: 90, heightPx: 70 });
  await writeJpeg(join(unlabelled, 'far', '1.jpg'), { seed: 3, widthPx: 90, heightPx: 70 });
  await writeJpeg(join(unlabelled, '2.jpg'), { seed: 4, widthPx: 90, heightPx: 70 });
  writeFileSync(join(unlabelled, 'notes.txt'), 'hello');
  project = await createProject(join(root, 'project'), { name: 'Insects' });
  await importFolder(project, { kind: 'labelled', folder: labelled, split: 'train' });
  await importFolder(project, { kind: 'unlabelled', folder: unlabelled, split: null });
});
afterAll(() => project.close());

const idOf = async (path: string): Promise<number> => {
  const found = await findImage(project, path);
  if (found.kind !== 'image') throw new Error(found.reason);
  return found.id;
};

describe('an image is found', () => {
  it('by its path, its path from the current folder, its path in a source, and its number', async () => {
    const id = await idOf(join(unlabelled, 'far', '1.jpg'));
    for (const given of ['far/1.jpg', join('..', 'unlabelled', 'far', '1.jpg'), String(id)]) {
      expect(await findImage(project, given, labelled)).toEqual({ kind: 'image', id });
    }
    expect(await findImage(project, '1.jpg', join(unlabelled, 'far'))).toEqual({ kind: 'image', id });
  });

  it('or the reason why a file is none', async () => {
    expect(await findImage(project, 'notes.txt', root)).toMatchObject({
      kind: 'problem',
      folder: unlabelled,
      reason: 'a text file, not a picture',
    });
  });

  it('or it is said that nobody knows it', async () => {
    await expect(findImage(project, 'no.jpg', root)).rejects.toThrow('No image of this project is “no.jpg”');
    await expect(findImage(project, '4000', root)).rejects.toThrow('No image of this project is “4000”');
    const other = join(root, 'other');
    await writeJpeg(join(other, '2.jpg'), { seed: 9 });
    await importFolder(project, { kind: 'unlabelled', folder: other, split: null });
    await expect(findImage(project, '2.jpg', root)).rejects.toThrow('2 sources of this project have a file “2.jpg”');
    expect(await findImage(project, '2.jpg', other)).toMatchObject({ kind: 'image' });
  });
});

describe('of an image is known', () => {
  it('where it comes from, what it is for, and what was decided', async () => {
    const ant = await idOf('ant/1.jpg');
    const { known } = await knownImage(project, ant);
    expect(known).toMatchObject({
      imageId: ant,
      path: join(labelled, 'ant', '1.jpg'),
      source: { folder: labelled, kind: 'labelled', split: 'train' },
      format: 'jpeg',
      widthPx: 90,
      heightPx: 70,
      state: 'used',
      reason: null,
      class: 'ant',
      classGivenBy: 'folder',
      split: 'train',
      decisions: [],
      scores: [],
    });
    const far = await idOf('far/1.jpg');
    await project.database.withChosen([far], () =>
      decide(project.database, { kind: 'veto', classId: 1, images: CHOSEN_IMAGES }),
    );
    expect((await knownImage(project, far)).known).toMatchObject({
      class: null,
      split: null,
      decisions: [{ class: 'bee', verdict: 'veto' }],
    });
  });

  it('what each labelling says of it, and its rank', async () => {
    const [far, two] = [await idOf('far/1.jpg'), await idOf(join(unlabelled, '2.jpg'))];
    const run = 'label-0123456789ab';
    await project.scores.writePartition(run, 0, {
      imageIds: Int32Array.of(far, two),
      topP: 2,
      classIds: Int32Array.of(0, 1, 0, 1),
      probabilities: Float32Array.of(0.75, 0.25, 0.875, 0.125),
    });
    mkdirSync(project.path('runs', run), { recursive: true });
    const at = '2026-01-01T00:00:00.000Z';
    const rest = { reason: null, seed: 1, recipe: {}, engine: 'onnxruntime', device: 'cpu', versions: {}, metrics: {} };
    const record = {
      ...rest,
      id: run,
      stage: 'label',
      key: run,
      state: 'succeeded',
      startedAt: at,
      finishedAt: at,
    } as const;
    await writeRun(project, { ...record, parents: ['teacher-0123456789ab'] });
    expect((await knownImage(project, far)).known.scores).toEqual([
      {
        labelRunId: run,
        teacherRunId: 'teacher-0123456789ab',
        classes: [
          { class: 'ant', score: 0.75, calibrated: null, rank: 2 },
          { class: 'bee', score: 0.25, calibrated: null, rank: 1 },
        ],
      },
    ]);
  });

  it('why it is not used', async () => {
    const folder = join(root, 'going');
    await writeJpeg(join(folder, 'gone.jpg'), { seed: 5 });
    await writeJpeg(join(folder, 'broken.jpg'), { seed: 6 });
    await writeJpeg(join(folder, 'there.jpg'), { seed: 7 });
    await importFolder(project, { kind: 'unlabelled', folder, split: null });
    const [gone, broken] = [await idOf('gone.jpg'), await idOf('broken.jpg')];
    rmSync(join(folder, 'gone.jpg'));
    writeFileSync(join(folder, 'broken.jpg'), '<svg></svg>');
    await importFolder(project, { kind: 'unlabelled', folder, split: null });
    expect((await knownImage(project, gone)).known).toMatchObject({ state: 'missing' });
    expect((await knownImage(project, broken)).known).toMatchObject({
      state: 'leftOut',
      reason: expect.stringContaining('SVG is not supported'),
    });
  });
});

describe('the picture as the network sees it', () => {
  const setSize = (imageSizePx: number) => writeFileSync(project.path('recipe.json'), JSON.stringify({ imageSizePx }));
  const decoded = async (imageSizePx: number) => {
    const request = { project, signal: new AbortController().signal, tell: () => {} };
    return (await decodeOnce(request, imageSizePx)).cache;
  };

  it.each([32, 112])(
    'is the same from the file and from the cache, and what evaluation is given, at %i px',
    async (size) => {
      setSize(size);
      const { image } = await knownImage(project, await idOf('bee/1.jpg'));
      expect(await isCached(project, image)).toBe(false);
      const fromFile = await networkView(project, image);
      const { cacheSizePx } = await decoded(size);
      expect(await isCached(project, image)).toBe(true);
      const fromCache = await networkView(project, image);
      expect([fromFile.from, fromCache.from]).toEqual(['file', 'cache']);
      expect(fromCache.sizePx).toBe(size);
      expect(fromCache.pixels).toEqual(fromFile.pixels);

      const whole = await decodeSquare(cacheImage(image).locator, cacheSizePx);
      const given = new Float32Array(3 * size ** 2);
      centreCrop(whole, cacheSizePx, given, 0, size);
      const seen = Float32Array.from({ length: given.length }, (_, index) => {
        const [channel, place] = [Math.floor(index / size ** 2), index % size ** 2];
        return normalised[channel]?.[fromCache.pixels[3 * place + channel] ?? 0] ?? Number.NaN;
      });
      expect(seen).toEqual(given);
      const png = await sharp(await squarePng(fromCache.pixels, size))
        .raw()
        .toBuffer();
      expect(Uint8Array.from(png)).toEqual(fromCache.pixels);
    },
  );

  it('shows so much of it as a model that was brought is shown, with its filter', async () => {
    const network = { ...architecture('small-basic', 2), layers: [1, 1], width: 8 };
    const preprocessing = { ...presets.imagenet, cropShare: 0.5, interpolation: 'cubic' } as const;
    const rest = { classNames: ['ant', 'bee'], imageSizePx: 32, provenance: {}, preprocessing };
    const file = join(root, 'half-of-it.safetensors');
    await saveModel(file, { network, weights: referenceWeights(network), ...rest });
    const { id: startFrom } = await bringWeights(project, file);
    const student = { model: 'small-basic', startFrom };
    writeFileSync(project.path('recipe.json'), JSON.stringify({ imageSizePx: 32, student }));
    const { image } = await knownImage(project, await idOf('bee/1.jpg'));
    const whole = await decodeSquare(cacheImage(image).locator, 64, openBytes, 'cubic');
    expect((await networkView(project, image)).pixels).toEqual(centreSquare(whole, 64, 32));
  });

  it('is not taken from the cache when the file is another one now', async () => {
    setSize(32);
    await decoded(32);
    const path = join(unlabelled, 'far', '1.jpg');
    await writeJpeg(path, { seed: 77, widthPx: 90, heightPx: 70 });
    utimesSync(path, 1, 1);
    await importFolder(project, { kind: 'unlabelled', folder: unlabelled, split: null });
    const { image } = await knownImage(project, await idOf('far/1.jpg'));
    expect(await isCached(project, image)).toBe(false);
    expect((await networkView(project, image)).from).toBe('file');
  });
});
