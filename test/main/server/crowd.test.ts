/**
 * Many clients at once, slow ones and incomplete requests: work in progress continues, everybody gets an answer, and nobody
 * waits for others.
 */
import { type ClientRequest, type IncomingMessage, request } from 'node:http';
import { connect } from 'node:net';
import { join } from 'node:path';
import { Hono } from 'hono';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { createApp } from '../../../main/api/app.ts';
import { EventStreams } from '../../../main/api/event-streams.ts';
import { EventHub } from '../../../main/workbench/work/event-hub.ts';
import { type ListeningServer, listen, sendRaw } from './listening-server.ts';

const MOST_STREAMS = 32;

let server: ListeningServer;
let projectId: string;
let cookie: string;

beforeAll(async () => {
  server = await listen();
  ({ id: projectId } = await server.workbench.projects.create(join(server.root, 'project'), 'Birds'));
  cookie = await server.signIn();
});

afterAll(async () => {
  expect(server.bugs).toEqual([]);
  await server.host.close();
});

/** A request whose body the caller continues. */
function begin(
  path: string,
  headers: Record<string, string | number>,
): { asking: ClientRequest; answer: Promise<IncomingMessage> } {
  const { port } = server.host;
  const asking = request({
    ...{ host: '127.0.0.1', port, path, method: 'POST', agent: false },
    headers: { Cookie: cookie, Origin: `http://127.0.0.1:${port}`, 'Content-Type': 'application/json', ...headers },
  });
  const answer = new Promise<IncomingMessage>((resolve, reject) => asking.on('response', resolve).on('error', reject));
  return { asking, answer };
}

async function textOf(answer: IncomingMessage): Promise<string> {
  let text = '';
  for await (const part of answer.setEncoding('utf8')) text += part;
  return text;
}

it('answers a chunked body like one with a length', async () => {
  const body = JSON.stringify({ folder: join(server.root, 'project') });
  const { asking, answer } = begin('/api/projects/open', { 'Transfer-Encoding': 'chunked' });
  for (const character of body) asking.write(character);
  asking.end();
  const opened = await answer;
  expect(opened.statusCode).toBe(200);
  expect(JSON.parse(await textOf(opened))).toMatchObject({ id: projectId, name: 'Birds' });
});

it('reads nothing of a body before its target is known to exist', async () => {
  const run = 'teacher-0123456789ab';
  const targets = [
    '/api/projects/0123456789ab/sources',
    `/api/projects/0123456789ab/runs/${run}/classify-images`,
    `/api/projects/${projectId}/runs/${run}/classify-images`,
    `/api/projects/${projectId}/runs/${run}/extend`,
    `/api/projects/${projectId}/ranks/label-0123456789ab/0/spot-check`,
    `/api/projects/${projectId}/evaluations/evaluate-0123456789ab/images`,
    '/api/nowhere',
    '/api/jobs/none/pause',
    ...['sources/7/move', 'sources/7/rescan', 'classes/7', 'classes/7/merge'].map(
      (path) => `/api/projects/${projectId}/${path}`,
    ),
  ];
  for (const path of targets) {
    // Not one byte of the body is sent.
    const { asking, answer } = begin(path, {
      'Content-Length': 100 * 2 ** 20,
      'Content-Type': 'multipart/form-data; boundary=x',
    });
    asking.flushHeaders();
    const refused = await answer;
    expect([404, 422], path).toContain(refused.statusCode);
    expect(JSON.parse(await textOf(refused)).failure.message).toMatch(/^There is no/);
    asking.on('error', () => undefined).destroy();
  }
});

it('reports the methods of a path', async () => {
  const { status, headers } = await server.ask('/api/start', {
    method: 'DELETE',
    headers: { Origin: `http://127.0.0.1:${server.host.port}` },
  });
  expect({ status, allow: headers.allow }).toEqual({ status: 405, allow: 'GET' });
});

it('receives a bounded number of bodies at once, and tells the newest to retry', async () => {
  const app = createApp(server.workbench, { logBug: (error) => server.bugs.push(error), bodies: { bodiesAtOnce: 2 } });
  const open = () => {
    let end: (body: string) => void = () => {};
    const body = new ReadableStream<Uint8Array>({
      start: (controller) => {
        end = (text) => {
          controller.enqueue(Buffer.from(text));
          controller.close();
        };
      },
    });
    const init = { method: 'POST', headers: { 'Content-Type': 'application/json' }, body, duplex: 'half' as const };
    const answer = app.fetch(new Request('http://127.0.0.1/api/projects/forget', init));
    return { answer: Promise.resolve(answer), end: () => end(JSON.stringify({ folder: server.root })) };
  };
  const [first, second, third] = [open(), open(), open()];
  const refused = await third.answer;
  expect({ status: refused.status, after: refused.headers.get('Retry-After') }).toEqual({ status: 503, after: '2' });
  first.end();
  expect((await first.answer).status).toBe(200);
  const fourth = open();
  fourth.end();
  expect((await fourth.answer).status).toBe(200);
  second.end();
  expect((await second.answer).status).toBe(200);
});

it('drops a body that falls silent', async () => {
  const app = createApp(server.workbench, { logBug: (error) => server.bugs.push(error), bodies: { silenceMs: 50 } });
  const body = new ReadableStream({ start: (controller) => controller.enqueue(Buffer.from('{')) });
  const init = { method: 'POST', headers: { 'Content-Type': 'application/json' }, body, duplex: 'half' as const };
  const answer = await app.fetch(new Request('http://127.0.0.1/api/projects/forget', init));
  expect(answer.status).toBe(408);
  expect(await answer.json()).toMatchObject({ failure: { message: expect.stringMatching(/did not arrive/) } });
});

it('does not report a truncated body as a bug', async () => {
  const { asking, answer } = begin('/api/projects/open', { 'Content-Length': 1000 });
  const gone = answer.catch(() => 'gone');
  await new Promise((resolve) => asking.write('{', resolve));
  asking.destroy();
  expect(await gone).toBe('gone');
  expect((await server.ask('/api/start')).status).toBe(200);
});

it('streams to a bounded number of pages, refuses the newest with a time to retry, and answers other requests meanwhile', async () => {
  const ask = () =>
    new Promise<IncomingMessage>((resolve, reject) => {
      const { port } = server.host;
      request({ host: '127.0.0.1', port, path: '/api/events', headers: { Cookie: cookie }, agent: false }, resolve)
        .on('error', reject)
        .end();
    });
  const answers: IncomingMessage[] = [];
  for (let round = 0; round < 10; round++) answers.push(...(await Promise.all(Array.from({ length: 20 }, ask))));
  const streams = answers.filter(({ statusCode }) => statusCode === 200);
  const refused = answers.filter(({ statusCode }) => statusCode === 503);
  expect([streams.length, refused.length]).toEqual([MOST_STREAMS, 200 - MOST_STREAMS]);
  expect(refused[0]?.headers['retry-after']).toBe('5');
  expect(JSON.parse(await textOf(refused[0] as IncomingMessage)).failure.message).toMatch(/open in 32 windows already/);
  expect((await server.ask('/api/start')).status).toBe(200);
  for (const answer of answers.slice(1)) answer.destroy();
  await expect
    .poll(
      async () => {
        const again = await ask();
        again.destroy();
        return again.statusCode;
      },
      { timeout: 120_000 },
    )
    .toBe(200);
  answers[0]?.destroy();
});

it('ends a stream that nobody reads', async () => {
  const hub = new EventHub();
  const streams = new EventStreams(hub);
  const answer = await new Hono().get('/', (c) => streams.answer(c)).request('/');
  for (let told = 0; told < 5000; told++) hub.tell({ kind: 'projectChanged', projectId: 'a', part: 'runs' });
  const text = await answer.text();
  expect(text.split('projectChanged').length).toBeLessThan(2000);
});

it('disconnects a client that sends nothing, half a request or a body very slowly', async () => {
  const slow = await listen(undefined, 0, { headersMs: 400, requestMs: 800 });
  const { port } = slow.host;
  expect(await sendRaw(port, '')).toMatch(/^$|^HTTP\/1\.1 408 /);
  const half = await sendRaw(port, `GET / HTTP/1.1\r\nHost: 127.0.0.1:${port}\r\n`);
  expect(half).toMatch(/^HTTP\/1\.1 408 .*\r\n[\s\S]*The rest of the request did not arrive/);
  const dripping = await new Promise<string>((resolve) => {
    let text = '';
    const socket = connect(port, '127.0.0.1');
    socket.write(`GET / HTTP/1.1\r\nHost: 127.0.0.1:${port}\r\n`);
    const drip = setInterval(() => socket.write('X-A: 1\r\n'), 50);
    socket.setEncoding('utf8');
    socket.on('data', (data) => {
      text += data;
    });
    socket.on('error', () => undefined);
    socket.on('close', () => {
      clearInterval(drip);
      resolve(text);
    });
  });
  expect(dripping).toMatch(/^HTTP\/1\.1 408 |^$/);
  await slow.host.close();
});

it('answers invalid requests and endless headers with a sentence', async () => {
  const { port } = server.host;
  expect(await sendRaw(port, 'what is this\r\n\r\n')).toMatch(/^HTTP\/1\.1 400 [\s\S]*The request is not valid HTTP/);
  const long = `GET / HTTP/1.1\r\nHost: 127.0.0.1:${port}\r\nX-Long: ${'x'.repeat(40_000)}\r\n\r\n`;
  expect(await sendRaw(port, long)).toMatch(/^HTTP\/1\.1 431 [\s\S]*longer than 16 KiB/);
  const smuggled = `POST /api/start HTTP/1.1\r\nHost: 127.0.0.1:${port}\r\nContent-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n`;
  expect(await sendRaw(port, smuggled)).toMatch(/^HTTP\/1\.1 400 /);
});
