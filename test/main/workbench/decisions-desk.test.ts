import { join } from 'node:path';
import { afterAll, expect, it } from 'vitest';
import { createClass, mergeClass, readClasses } from '../../../main/catalogue/classes.ts';
import { listImages } from '../../../main/catalogue/image-windows.ts';
import { importSource } from '../../../main/pipeline/import-source.ts';
import { DecisionsDesk } from '../../../main/workbench/desks/decisions-desk.ts';
import { RanksStates } from '../../../main/workbench/ranking/ranks-states.ts';
import { drawMarked } from '../pipeline/marked-pictures.ts';
import { closeContext, newContext } from './workbench-context.ts';

const { context, projectId, root } = await newContext();
afterAll(() => closeContext(context));

it('announces classes and collection when a merge is undone or redone, and otherwise only decisions', async () => {
  const desk = new DecisionsDesk(context, new RanksStates(context));
  const { database } = await context.projects.opened(projectId);
  const [ant, bee] = [await createClass(database, 'ant'), await createClass(database, 'bee')];
  await mergeClass(database, ant, bee);
  const told: string[] = [];
  context.events.listen((event) => {
    if (event.kind === 'projectChanged') told.push(event.part);
  }, new AbortController().signal);
  await desk.undo(projectId);
  expect(told.splice(0)).toEqual(['decisions', 'classes', 'collection']);
  expect((await readClasses(database)).map(({ name }) => name)).toEqual(['ant', 'bee']);
  await desk.redo(projectId);
  expect(told.splice(0)).toEqual(['decisions', 'classes', 'collection']);
  await desk.redo(projectId);
  expect(told).toEqual(['decisions']);
});

it('sets all classes of images at once where they may have several, and removes one or all of them', async () => {
  const desk = new DecisionsDesk(context, new RanksStates(context));
  const { id, labels, clipFrames } = await context.projects.create(join(root, 'marks'), 'Marks', { labels: 'several' });
  expect({ labels, clipFrames }).toEqual({ labels: 'several', clipFrames: null });
  const marks = await context.projects.opened(id);
  await drawMarked(join(root, 'u'), 3, 1);
  await importSource(marks, { kind: 'unlabelled', folder: join(root, 'u'), split: null });
  const [red, blue] = [await createClass(marks.database, 'red'), await createClass(marks.database, 'blue')];
  const [first = 0, second = 0] = await marks.catalogue.unlabelledImages();
  const target = { kind: 'images', imageIds: [first, second] } as const;
  const classesNow = async () =>
    (await listImages(marks.database, { part: 'byHand' }, { offset: 0, limit: 10 })).images.map((one) => one.classIds);
  await desk.decide(id, { decision: 'labels', classIds: [red, blue], target });
  expect(await classesNow()).toEqual([
    [red, blue],
    [red, blue],
  ]);
  await desk.decide(id, { decision: 'clearLabel', classId: red, target: { kind: 'images', imageIds: [first] } });
  expect((await desk.history(id)).undo).toBe('Take “red” from 1 image');
  expect(await classesNow()).toEqual([[blue], [red, blue]]);
  await expect(
    desk.decide(id, { decision: 'clearLabel', classId: red, target: { kind: 'images', imageIds: [first] } }),
  ).rejects.toThrow('None of these images is of “red”: choose some that are.');
  await desk.decide(id, { decision: 'labels', classIds: [], target });
  expect(await classesNow()).toEqual([]);
  await expect(desk.decide(projectId, { decision: 'labels', classIds: [], target })).rejects.toThrow(
    'Images of this project have one class each: give a single one',
  );
});
