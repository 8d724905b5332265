import { readdirSync, writeFileSync } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { afterAll, expect, it } from 'vitest';
import {
  ClassificationWriter,
  classificationWindow,
  classifiedFile,
  listClassifications,
} from '../../../main/workbench/runs/classifications.ts';
import { closeContext, newContext } from './workbench-context.ts';

const { context, projectId } = await newContext();
afterAll(() => closeContext(context));

const image = (place: number) => {
  const top = [{ className: place % 2 === 0 ? 'even' : 'odd', probability: 0.5 }];
  return {
    place,
    path: `/images/${place}.jpg`,
    shownPath: `${place}.jpg`,
    top,
    unreadable: null,
    unlike: place % 3 === 0,
  };
};

it('writes many images file after file as they arrive, and reads them as one list', async () => {
  const project = await context.projects.opened(projectId);
  // Left by an interrupted attempt.
  await mkdir(project.path('classifications', 'many'), { recursive: true });
  writeFileSync(project.path('classifications', 'many', 'images-000009.parquet'), 'half of it');
  const writer = new ClassificationWriter(project, 'many');
  for (let first = 0; first < 9000; first += 30)
    writer.add(Array.from({ length: 30 }, (_, index) => image(first + index)));
  expect(await listClassifications(project)).toEqual([]);
  const description = { title: 'Many', runId: 'teacher-1', classNames: ['even', 'odd'] };
  expect(await writer.finish(description)).toBe(9000);
  expect(readdirSync(project.path('classifications', 'many')).filter((name) => name.endsWith('.parquet'))).toEqual(
    [0, 1, 2].map((file) => `images-00000${file}.parquet`),
  );
  const window = await classificationWindow(project, 'many', { offset: 4094, limit: 4 });
  expect(window.total).toBe(9000);
  expect(window.images.map(({ place, path, top }) => `${place} ${path} ${top[0]?.className}`)).toEqual(
    [4094, 4095, 4096, 4097].map((place) => `${place} ${place}.jpg ${place % 2 === 0 ? 'even' : 'odd'}`),
  );
  expect(window.images.map(({ unlike }) => unlike)).toEqual([false, true, false, false]);
  expect(await classifiedFile(project, 'many', 8999)).toBe('/images/8999.jpg');
});

it('keeps which classes reach their thresholds where an image may have several, even if none does', async () => {
  const project = await context.projects.opened(projectId);
  const writer = new ClassificationWriter(project, 'several');
  const [odd, even] = [
    { className: 'odd', probability: 0.9 },
    { className: 'even', probability: 0.6 },
  ];
  writer.add([{ ...image(0), said: [odd, even] }, { ...image(1), said: [] }, image(2)]);
  await writer.finish({ title: 'Several', runId: 'teacher-1', classNames: ['even', 'odd'] });
  const { images } = await classificationWindow(project, 'several', { offset: 0, limit: 9 });
  expect(images.map(({ said }) => said)).toEqual([[odd, even], [], null]);
});

it('reports a file that cannot be written when it finishes', async () => {
  const project = await context.projects.opened(projectId);
  const writer = new ClassificationWriter(project, 'broken');
  writer.add(Array.from({ length: 5000 }, (_, place) => image(place)));
  // A row that no column accepts.
  writer.add([{ ...image(5000), place: 2 ** 40 }]);
  await expect(writer.finish({ title: '', runId: '', classNames: [] })).rejects.toThrow();
  expect((await listClassifications(project)).map(({ id }) => id).sort()).toEqual(['many', 'several']);
});
