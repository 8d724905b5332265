/** The page's scheme, answered by the same door as the browser's host: real requests, real streams, real clean-up. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { SCHEME } from '../../electron/scheme.ts';
import { writeJpeg } from '../main/image-files.ts';
import { desktop, type OpenedDesktop, quit } from './open-desktop.ts';

const POLL = { timeout: 120_000 };

let opened: OpenedDesktop;

beforeEach(async () => {
  opened = await desktop();
});

afterEach(async () => {
  await quit(opened);
});

const json = (body: unknown) => ({
  method: 'POST',
  headers: { 'Content-Type': 'application/json' },
  body: JSON.stringify(body),
});

it('answers the page, its views and the API under one origin, each with the policy as a header', async () => {
  const { session } = opened;
  expect(session.scheme).toBe(SCHEME);
  for (const path of ['/', '/jobs', '/projects/0123456789ab/ranks']) {
    const page = await session.ask(path, { initiator: null });
    expect(page.status).toBe(200);
    expect(page.headers.get('Content-Security-Policy')).toMatch(/default-src 'none'; script-src 'self';/);
    expect(await page.text()).toContain('<title>Page</title>');
  }
  const start = await session.ask('/api/start');
  expect(start.headers.get('Content-Security-Policy')).toContain("default-src 'none'");
  expect(await start.json()).toMatchObject({ host: 'desktop', recents: [] });
  expect((await session.ask('/elsewhere')).status).toBe(404);
});

it('takes a body, refuses one that is too large, and says so in a sentence', async () => {
  const { session, home } = opened;
  const made = await session.ask('/api/projects/create', json({ folder: join(home, 'birds'), name: 'Birds' }));
  expect(await made.json()).toMatchObject({ name: 'Birds' });
  // Chromium passes a body in one piece or sometimes as a stream.
  const { body } = new Response(JSON.stringify({ folder: join(home, 'birds') }));
  const streamed = { ...json({}), body, duplex: 'half' } as const;
  expect(await (await session.ask('/api/projects/open', streamed)).json()).toMatchObject({ name: 'Birds' });
  const large = await session.ask('/api/projects/open', json({ folder: `/${'x'.repeat(3 * 2 ** 20)}` }));
  expect(large.status).toBe(413);
  expect(await large.json()).toMatchObject({ failure: { message: expect.stringContaining('larger than 2 MiB') } });
});

it('reports every project that a person opens to the system and the menu, including the sample', async () => {
  const { session, electron, workbench, home } = opened;
  const { folder } = await workbench.projects.create(join(home, 'birds'), undefined);
  const project = {
    id: '0123456789ab',
    name: 'Sample',
    folder: '/sample',
    readOnly: null,
    labels: 'one',
    clipFrames: null,
  } as const;
  vi.spyOn(workbench.projects, 'openSample').mockResolvedValue({ project, job: null, ready: true });
  const menus = electron.menus.length;
  await session.ask('/api/projects/open', json({ folder }));
  await session.ask('/api/sample/open', json({}));
  await session.ask('/api/projects/open', json({ folder: join(home, 'nowhere') }));
  expect(electron.app.recent).toEqual([folder, '/sample']);
  await expect.poll(() => electron.menus.length, POLL).toBe(menus + 2);
});

it('sends images', async () => {
  const { session, home, workbench } = opened;
  const { id } = await workbench.projects.create(join(home, 'project'), undefined);
  const images = join(home, 'images');
  await writeJpeg(join(images, 'one.jpg'));
  const added = await session.ask(
    `/api/projects/${id}/sources`,
    json({ kind: 'unlabelled', folder: images, split: null }),
  );
  expect(added.status).toBe(200);
  await expect.poll(async () => (await workbench.collection.summary(id)).unlabelled, POLL).toBe(1);
  const { images: found } = await workbench.collection.images(id, {}, { offset: 0, limit: 1 });
  const image = await session.ask(`/api/projects/${id}/thumbnails/${found[0]?.imageId}?px=64`);
  expect(image.headers.get('Content-Type')).toBe('image/jpeg');
  const jpeg = Buffer.from(await image.arrayBuffer());
  expect([...jpeg.subarray(0, 2)]).toEqual([0xff, 0xd8]);
  const imageId = found[0]?.imageId ?? -1;
  const screen = await session.ask(`/api/projects/${id}/thumbnails?px=64&images=${imageId},${imageId + 1}`);
  const lines = (await screen.text()).trimEnd().split('\n');
  const pictures = new Map(lines.map((line) => JSON.parse(line)).map((sent) => [sent.imageId, sent.picture]));
  expect(pictures).toEqual(
    new Map([
      [imageId, `data:image/jpeg;base64,${jpeg.toString('base64')}`],
      [imageId + 1, undefined],
    ]),
  );
  const none = await session.ask(`/api/projects/${id}/thumbnails?px=64&images=1,x`);
  expect(none.status).toBe(400);
});

it('streams events as they happen, and stops listening when the page cancels', async () => {
  const { session, workbench } = opened;
  const hear = vi.spyOn(workbench.events, 'listen');
  const reader = (await session.ask('/api/events')).body?.getReader();
  const read = async () => new TextDecoder().decode((await reader?.read())?.value);
  expect(await read()).toContain('heartbeat');
  const listening = () => hear.mock.calls.map(([, signal]) => !signal.aborted);
  expect(listening()).toEqual([true]);
  const job = await workbench.devices.examine();
  let text = '';
  while (!text.includes(job.id)) text += await read();
  await reader?.cancel();
  await expect.poll(listening, POLL).toEqual([false]);
});

it('ends every stream when the window is gone', async () => {
  const { session, workbench } = opened;
  const hear = vi.spyOn(workbench.events, 'listen');
  const streams = [await session.ask('/api/events'), await session.ask('/api/events')];
  const readers = streams.map(({ body }) => body?.getReader());
  for (const reader of readers) expect(String(Buffer.from((await reader?.read())?.value ?? ''))).toContain('heartbeat');
  opened.window().emit('closed');
  await expect.poll(() => hear.mock.calls.map(([, signal]) => signal.aborted), POLL).toEqual([true, true]);
  for (const reader of readers) expect((await reader?.read())?.done).toBe(true);
});

it('ends every stream when the page’s process died, and offers to load the page again', async () => {
  const { session, workbench, electron } = opened;
  const hear = vi.spyOn(workbench.events, 'listen');
  void (await session.ask('/api/events')).text();
  await expect.poll(() => hear.mock.calls.length, POLL).toBe(1);
  const window = opened.window();
  window.webContents.emit('render-process-gone', {}, { reason: 'crashed' });
  await expect.poll(() => hear.mock.calls[0]?.[1].aborted, POLL).toBe(true);
  await expect.poll(() => window.webContents.reloads, POLL).toBe(1);
  expect(electron.boxes[0]?.message).toBe('The page ended unexpectedly.');
});

it('refuses every request that is not from the window’s own page', async () => {
  const { session, home } = opened;
  writeFileSync(join(home, 'secret.txt'), 'the secret');
  const folder = join(home, 'made-by-another');
  const change = json({ folder });
  const foreign = [
    await session.ask('/api/start', { initiator: 'https://evil.example' }),
    await session.ask('/api/start', { initiator: 'null' }),
    await session.ask('/api/start', { initiator: 'app://other' }),
    await session.ask('/api/start', { headers: { Origin: 'https://evil.example' } }),
    await session.ask('/api/start', { headers: { 'Sec-Fetch-Site': 'cross-site' } }),
    await session.ask('app://other/api/start'),
    await session.ask('app://workbench.evil.example/api/start'),
    await session.ask('/api/projects/create', { ...change, initiator: 'https://evil.example' }),
    await session.ask('/api/projects/create', { ...change, initiator: null }),
  ];
  for (const answer of foreign) {
    expect(answer.status).toBe(403);
    expect(answer.headers.get('Content-Security-Policy')).toContain("default-src 'none'");
    expect(await answer.json()).toMatchObject({ failure: { name: 'RequestRefused' } });
  }
  for (const path of ['/../secret.txt', '/..%2fsecret.txt', '/%2e%2e/secret.txt', '/..\\secret.txt']) {
    expect((await session.ask(path)).status).toBe(404);
  }
  expect((await session.ask('/', { method: 'DELETE' })).status).toBe(405);
  await expect(opened.workbench.projects.open(folder)).rejects.toThrow('There is no project');
});
