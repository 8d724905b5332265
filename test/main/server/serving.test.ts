/** What the server does for a page: views, events, shutting down. */
import { request } from 'node:http';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { expect, it, vi } from 'vitest';
import { PortTaken } from '../../../main/server/browser-host.ts';
import { type ListeningServer, listen, temporaryFolder } from './listening-server.ts';

/** A page's stream of events: what has arrived so far, and a way to disconnect. */
async function openStream(server: ListeningServer) {
  const cookie = await server.signIn();
  let text = '';
  let ended = false;
  const asking = request({
    host: '127.0.0.1',
    port: server.host.port,
    path: '/api/events',
    headers: { Cookie: cookie },
  });
  asking.on('response', (response) => {
    response.setEncoding('utf8');
    response.on('data', (data) => {
      text += data;
    });
    response.on('close', () => {
      ended = true;
    });
    response.on('error', () => undefined);
  });
  asking.on('error', () => undefined);
  asking.end();
  await expect.poll(() => text).toContain('heartbeat');
  return { text: () => text, ended: () => ended, hangUp: () => asking.destroy() };
}

it('answers every view with the page, and nothing else with it', async () => {
  const server = await listen();
  for (const view of ['/', '/jobs', '/devices', '/projects/0123456789ab/ranks']) {
    expect(await server.ask(view)).toMatchObject({
      status: 200,
      headers: { 'content-type': 'text/html; charset=utf-8' },
    });
  }
  expect((await server.ask('/elsewhere')).status).toBe(404);
  expect(JSON.parse((await server.ask('/api/elsewhere')).text)).toMatchObject({ failure: { name: 'NotFound' } });
  await server.host.close();
});

it('sends events to every page, and stops listening for one that disconnected', async () => {
  const server = await listen();
  const hear = vi.spyOn(server.workbench.events, 'listen');
  const [first, second] = [await openStream(server), await openStream(server)];
  const listening = () => hear.mock.calls.map(([, signal]) => !signal.aborted);
  expect(listening()).toEqual([true, true]);
  first.hangUp();
  await expect.poll(listening).toEqual([false, true]);
  const job = await server.workbench.devices.examine();
  await expect.poll(() => second.text()).toContain(job.id);
  second.hangUp();
  await server.host.close();
});

it('closes its streams, and frees its port', async () => {
  const server = await listen();
  const stream = await openStream(server);
  await server.host.close();
  await expect.poll(() => stream.ended()).toBe(true);
  const again = await listen(server.root, server.host.port);
  expect(again.host.port).toBe(server.host.port);
  await again.host.close();
});

it('reports that the requested port is taken', async () => {
  const other = createServer();
  const port = await new Promise<number>((resolve) =>
    other.listen(0, '127.0.0.1', () => resolve((other.address() as { port: number }).port)),
  );
  await expect(listen(join(temporaryFolder(), 'second'), port)).rejects.toThrow(PortTaken);
  other.close();
});
