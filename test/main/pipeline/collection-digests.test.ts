/**
 * The digests in run names change with every change of a set, a label or a file, and are not computed twice for the
 * same state.
 */
import { expect, it, vi } from 'vitest';
import { digest, digestsOf } from '../../../main/pipeline/collection-digests.ts';
import { image, newProject, scan } from '../catalogue/project-builder.ts';

const FOLDER = '/images/unlabelled';

it('remembers the digests of a collection until something in it changes', async () => {
  const project = await newProject();
  const source = await project.catalogue.addSource({ kind: 'unlabelled', folder: FOLDER, split: null });
  const files = ['1.jpg', '2.jpg', '3.jpg'];
  await scan(
    project,
    source,
    files.map((name) => image(name)),
  );
  const none = { imageIds: new Int32Array(), classIds: new Int32Array() };
  const digests = async () =>
    await digestsOf(project, { labelled: none, heldOut: none, unlabelled: await project.catalogue.unlabelledImages() });
  const reads = vi.spyOn(project.catalogue, 'fileVersions');
  const first = await digests();
  const readOnce = reads.mock.calls.length;
  expect(readOnce).toBeGreaterThan(0);
  expect(await digests()).toEqual(first);
  expect(reads).toHaveBeenCalledTimes(readOnce);

  await scan(
    project,
    source,
    files.map((name, place) => image(name, place === 1 ? { modifiedMs: 1_800_000_000_000 } : {})),
  );
  const touched = await digests();
  expect(touched.unlabelled).not.toBe(first.unlabelled);
  expect(touched.labelled).toBe(first.labelled);

  await scan(project, source, [image('1.jpg'), image('3.jpg')]);
  expect((await digests()).unlabelled).not.toBe(touched.unlabelled);
  // However many files are read at once.
  const ids = await project.catalogue.unlabelledImages();
  const classIds = new Int32Array();
  expect(await digest(project, ids, classIds, 1)).toBe(await digest(project, ids, classIds));
  await project.close();
});
