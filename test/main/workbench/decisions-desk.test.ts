import { afterAll, expect, it } from 'vitest';
import { createClass, mergeClass, readClasses } from '../../../main/catalogue/classes.ts';
import { DecisionsDesk } from '../../../main/workbench/desks/decisions-desk.ts';
import { RanksStates } from '../../../main/workbench/ranking/ranks-states.ts';
import { closeContext, newContext } from './workbench-context.ts';

const { context, projectId } = await newContext();
afterAll(() => closeContext(context));

it('announces classes and collection when a merge is undone or done again, and decisions alone otherwise', async () => {
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
