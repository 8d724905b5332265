/** Jobs across the end of the process: asked to stop, killed, closed with their project. */
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it, vi } from 'vitest';
import { createContext } from '../../../main/workbench/context.ts';
import { openUnfinishedProjects } from '../../../main/workbench/projects/unfinished-projects.ts';
import { PATIENCE } from '../../patience.ts';
import { startChild } from '../catalogue/child-process.ts';
import { counted, countingWork } from './counting-work.ts';
import { closeContext, newContext, temporaryFolder, until } from './workbench-context.ts';

const COUNT = `
  import { createContext } from './workbench/context.ts';
  import { countingWork } from '../test/main/workbench/counting-work.ts';
  const [, , settings, folder, file] = process.argv;
  const context = createContext(settings);
  context.jobs.register('runMethod', countingWork);
  const { id: projectId } = await context.projects.create(folder, 'Birds');
  const spec = { kind: 'runMethod', lane: 'compute', hardware: null, projectId };
  context.jobs.submit({ ...spec, title: 'First', parameters: { file, total: 500 } });
  context.jobs.submit({ ...spec, title: 'Second', parameters: { file: file + '-2', total: 3 } });
  console.log('submitted');
`;

it('lists jobs of a killed process as interrupted at the next start, and resumes them', async () => {
  const root = temporaryFolder();
  const file = join(root, 'counted');
  const child = await startChild(COUNT, join(root, 'settings'), join(root, 'project'), file);
  await child.said('submitted');
  await vi.waitFor(() => expect(counted(file)).toBeGreaterThan(10), PATIENCE);
  const records = join(root, 'project', 'jobs');
  await vi.waitFor(
    () => expect(readdirSync(records).filter((name) => name.endsWith('.json'))).toHaveLength(2),
    PATIENCE,
  );
  child.process.kill('SIGKILL');
  await child.ended;
  const stoppedAt = counted(file);
  writeFileSync(join(records, 'half.json.1234.tmp'), '{"id":');
  writeFileSync(join(records, 'damaged.json'), '{');

  const context = createContext(join(root, 'settings'));
  context.jobs.register('runMethod', countingWork);
  await openUnfinishedProjects(context.projects);
  const [second, first] = context.jobs.list();
  expect([first, second]).toMatchObject([
    { title: 'First', state: 'interrupted', can: ['resume', 'cancel'], reason: 'Understudy ended during this work.' },
    { title: 'Second', state: 'interrupted', reason: 'Understudy ended before this work.' },
  ]);
  expect(readdirSync(records)).not.toContain('half.json.1234.tmp');
  context.jobs.act(first?.id ?? '', 'resume');
  const done = await until(context, first?.id ?? '', 'succeeded');
  expect(done.result).toEqual({ kind: 'imported', images: 500, problems: 0 });
  expect(
    context.jobs
      .log(done.id)
      .map(({ text }) => text)
      .slice(-2),
  ).toEqual([`begins at ${stoppedAt}`, 'Done.']);
  await closeContext(context);
});

it('leaves out the damaged record of a job, and says so', async () => {
  const { context, root, projectId, folder } = await newContext();
  context.jobs.register('runMethod', countingWork);
  const spec = { kind: 'runMethod', lane: 'compute', hardware: null, projectId } as const;
  const jobs = ['one', 'two', 'three', 'four'].map((title) =>
    context.jobs.submit({ ...spec, title, parameters: { file: join(root, title), total: 1 } }),
  );
  for (const { id } of jobs) await until(context, id, 'succeeded');
  await closeContext(context);
  const [one, two, three] = jobs.map(({ id }) => join(folder, 'jobs', `${id}.json`));
  const text = readFileSync(one ?? '', 'utf8');
  writeFileSync(one ?? '', text.replace('"title":"one"', '"title":"won"'));
  writeFileSync(two ?? '', text);
  writeFileSync(three ?? '', '');

  const again = createContext(join(root, 'settings'));
  again.jobs.register('runMethod', countingWork);
  await again.projects.open(folder);
  expect(again.jobs.list().map(({ title }) => title)).toEqual(['four']);
  const notes = (await again.projects.opened(projectId)).notes.take();
  expect(notes).toHaveLength(3);
  for (const note of notes) expect(note).toMatch(/^The record of a job is damaged .*can be started again/);
  await closeContext(again);
});

it('stops at a checkpoint when it is closed, and has everything on the disk then', async () => {
  const { context, root, projectId, folder } = await newContext();
  const file = join(root, 'counted');
  context.jobs.register('runMethod', countingWork);
  const spec = { kind: 'runMethod', title: 'Count', lane: 'compute', hardware: null, projectId } as const;
  const job = context.jobs.submit({ ...spec, parameters: { file, total: 100_000 } });
  await vi.waitFor(() => expect(counted(file)).toBeGreaterThan(0), PATIENCE);
  await closeContext(context);
  const stoppedAt = counted(file);
  expect(JSON.parse(readFileSync(join(folder, 'jobs', `${job.id}.json`), 'utf8'))).toMatchObject({
    state: 'interrupted',
    parameters: { file, total: 100_000 },
  });
  expect(() => context.jobs.submit({ ...spec, parameters: { file, total: 1 } })).toThrow('Understudy is shutting down');
  await expect(context.projects.opened(projectId)).rejects.toThrow('Understudy is shutting down');
  expect(counted(file)).toBe(stoppedAt);
});

it('stops the jobs of a project that is closed, lets others run, and lists them when it is opened again', async () => {
  const { context, root, projectId } = await newContext();
  const other = await context.projects.create(join(root, 'other'));
  context.jobs.register('classify', countingWork);
  const spec = { kind: 'classify', title: 'Count', lane: 'io' } as const;
  const [mineFile, theirFile] = [join(root, 'mine'), join(root, 'theirs')];
  const mine = context.jobs.submit({ ...spec, projectId, parameters: { file: mineFile, total: 100_000 } });
  const theirs = context.jobs.submit({ ...spec, projectId: other.id, parameters: { file: theirFile, total: 300 } });
  await vi.waitFor(() => expect(counted(mineFile)).toBeGreaterThan(0), PATIENCE);
  await context.projects.close(projectId);
  expect(context.jobs.list().map(({ id }) => id)).toEqual([theirs.id]);
  expect(await until(context, theirs.id, 'succeeded')).toMatchObject({ result: { images: 300 } });
  await context.projects.opened(projectId);
  expect(context.jobs.list().find(({ id }) => id === mine.id)).toMatchObject({
    state: 'interrupted',
    reason: 'The project was closed during this work; resume continues where it stopped.',
  });
  await closeContext(context);
});
