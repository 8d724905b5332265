import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { ImageFiles } from '../../../main/catalogue/image-files.ts';
import { readImageFile } from '../../../main/catalogue/image-paths.ts';
import { createProject, type Project } from '../../../main/catalogue/project.ts';

let project: Project;
beforeEach(async () => {
  project = await createProject(join(mkdtempSync(join(tmpdir(), 'understudy-files-')), 'project'));
  const source = await project.catalogue.addSource({ kind: 'unlabelled', folder: '/photos', split: null });
  await project.database.run(
    `INSERT INTO images (id, source_id, relative_path, width_px, height_px, format, bytes, modified_ms)
     SELECT range, ${source}, range || '.jpg', 64, 48, 'jpeg', 100 + range, range FROM range(1200)`,
  );
});
afterEach(async () => await project.close());

test('simultaneous requests are looked up together, and each gets its own answer', async () => {
  const files = new ImageFiles(project.database);
  const asked = vi.spyOn(project.database, 'rows');
  const ids = Array.from({ length: 1200 }, (_, place) => (place * 7) % 1200);
  const found = await Promise.all(ids.map((id) => files.of(id)));
  expect(asked).toHaveBeenCalledTimes(3);
  expect(found.map((file) => file?.id)).toEqual(ids);
  expect(found[5]).toEqual(await readImageFile(project, 35));
  asked.mockClear();
  expect(await files.of(35)).toEqual(found[5]);
  expect(asked).not.toHaveBeenCalled();
});

test('an unknown image is undefined, also among others, and a changed one is looked up again', async () => {
  const files = new ImageFiles(project.database);
  expect(await Promise.all([files.of(5000), files.of(1)])).toEqual([undefined, await readImageFile(project, 1)]);
  await project.database.run('UPDATE images SET modified_ms = 9 WHERE id = 1');
  expect((await files.of(1))?.modifiedMs).toBe(9);
});

test('a failed look-up rejects all requests, and the next one works', async () => {
  const files = new ImageFiles(project.database);
  const asked = vi.spyOn(project.database, 'rows').mockRejectedValueOnce(new Error('the disk is away'));
  const both = await Promise.allSettled([files.of(1), files.of(2)]);
  expect(both.map(({ status }) => status)).toEqual(['rejected', 'rejected']);
  asked.mockRestore();
  expect((await files.of(2))?.relativePath).toBe('2.jpg');
});
