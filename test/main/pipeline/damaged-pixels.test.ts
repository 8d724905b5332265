import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { createProject, type Project } from '../../../main/catalogue/project.ts';
import { runMethod } from '../../../main/pipeline/method.ts';
import { openWorkspace } from '../../../main/pipeline/open-workspace.ts';
import { flip } from '../damages.ts';
import { addTinyImages, drawTinyImages, signal, TINY } from './tiny-method.ts';

let root: string;

beforeAll(async () => {
  root = mkdtempSync(join(tmpdir(), 'understudy-pixels-'));
  await drawTinyImages(root);
});
afterAll(() => rmSync(root, { recursive: true }));

/** The result for each image of a labelling in batches of 3; `meanwhile` is called once everything is decoded. */
async function labelled(name: string, meanwhile: (project: Project) => void) {
  const project = await createProject(join(root, name));
  await addTinyImages(project, root);
  const notes: string[] = [];
  const tell = (event: { kind: string; message?: string }) => event.kind === 'noted' && notes.push(event.message ?? '');
  const asked = { ...TINY, set: [...TINY.set, 'label.batch=3'] };
  const { workspace, collection } = await openWorkspace(project, asked, { signal, tell });
  await runMethod(workspace, collection, 'teacher');
  meanwhile(project);
  const { label } = await runMethod(workspace, collection, 'label');
  const scores = await project.database.rows(
    `SELECT image_id, class_id, probability, rank_in_image FROM ${await project.scores.table(label?.id ?? '')} ORDER BY ALL`,
  );
  await project.close();
  return { scores, notes };
}

test('pixels that turn out to be damaged amid a labelling change no score, and no image gets those of another', async () => {
  const whole = await labelled('whole', () => {});
  const mended = await labelled('mended', (project) => {
    const [cache = ''] = readdirSync(project.path('cache')).filter((name) => name.startsWith('pixels-'));
    const [pixels = ''] = readdirSync(project.path('cache', cache)).filter((name) => name.endsWith('.rgb'));
    flip(project.path('cache', cache, pixels), 0.84);
  });
  expect(whole.scores.length).toBeGreaterThan(0);
  expect(mended.notes.join('\n')).toMatch(/is damaged .*checksum of image 18/);
  expect(mended.scores).toEqual(whole.scores);
});
