/** The safety of the local server: each promise is tested against a server that really listens. */
import { readdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { networkInterfaces } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { createApp } from '../../../main/api/app.ts';
import { type Answer, type ListeningServer, listen, SECRET, sendRaw } from './listening-server.ts';

let server: ListeningServer;
let projectId: string;

beforeAll(async () => {
  server = await listen();
  ({ id: projectId } = await server.workbench.projects.create(join(server.root, 'project'), 'Birds'));
});

afterAll(async () => {
  await server.host.close();
});

function refused({ status, text }: Answer, ...statuses: number[]): void {
  expect(text).not.toContain(SECRET);
  expect(statuses).toContain(status);
}

async function post(path: string, body: unknown, headers: Record<string, string | null> = {}): Promise<Answer> {
  return await server.ask(path, {
    method: 'POST',
    headers: { Origin: `http://127.0.0.1:${server.host.port}`, 'Content-Type': 'application/json', ...headers },
    body: typeof body === 'string' || body instanceof Uint8Array ? body : JSON.stringify(body),
  });
}

it('listens only on 127.0.0.1', async () => {
  const others = Object.values(networkInterfaces())
    .flatMap((list) => list ?? [])
    .filter(({ address, family }) => family === 'IPv4' && address !== '127.0.0.1')
    .map(({ address }) => address);
  for (const address of [...others, '::1']) {
    const reached = await new Promise<boolean>((resolve) => {
      const socket = connect(server.host.port, address, () => resolve(true)).on('error', () => resolve(false));
      socket.on('connect', () => socket.destroy());
    });
    expect(reached, address).toBe(false);
  }
});

it('does not leave the page’s folder by dots', async () => {
  for (const path of [
    '/../secret.txt',
    '/assets/../../secret.txt',
    '/./../secret.txt',
    '//../secret.txt',
    '/..\\secret.txt',
  ]) {
    refused(await server.ask(path), 400, 404);
  }
});

it('does not leave the page’s folder by encoded dots and slashes', async () => {
  const paths = ['/%2e%2e/secret.txt', '/..%2fsecret.txt', '/%2e%2e%2fsecret.txt', '/%252e%252e%252fsecret.txt'];
  for (const path of [...paths, '/assets/..%5c..%5csecret.txt', '/%c0%ae%c0%ae/secret.txt', `/${server.secretFile}`]) {
    refused(await server.ask(path), 404);
  }
});

it('copes with null bytes and broken encodings', async () => {
  for (const path of ['/index.html%00.js', '/%00', '/%ff', '/%', '/api/projects/%00', '/api/folders?folder=%00']) {
    refused(await server.ask(path), 400, 404);
  }
  const inBody = await post('/api/projects/open', { folder: `${server.root}\0/secret.txt` });
  refused(inBody, 400);
  expect(server.bugs).toEqual([]);
});

it('does not follow links out of the page’s folder', async () => {
  symlinkSync(server.secretFile, join(server.pageFolder, 'linked.txt'));
  symlinkSync(server.root, join(server.pageFolder, 'up'), 'junction');
  writeFileSync(join(server.pageFolder, 'late.txt'), 'in the page');
  await expect.poll(async () => (await server.ask('/late.txt')).text, { timeout: 120_000 }).toBe('in the page');
  for (const path of ['/linked.txt', '/up/secret.txt']) refused(await server.ask(path), 404);
});

it('refuses a foreign Host, as in DNS rebinding', async () => {
  const { port } = server.host;
  for (const host of [
    'evil.example',
    `evil.example:${port}`,
    '127.0.0.1',
    `127.0.0.1:${port + 1}`,
    `127.0.0.1.nip.io:${port}`,
  ]) {
    refused(await server.ask('/api/start', { headers: { Host: host } }), 421);
    refused(await server.ask(new URL(server.host.url()).search, { headers: { Host: host } }), 400, 421);
  }
  expect((await server.ask('/api/start', { headers: { Host: `localhost:${port}` } })).status).toBe(200);
  const absolute = await sendRaw(
    port,
    'GET http://evil.example/api/start HTTP/1.1\r\nHost: evil.example\r\nConnection: close\r\n\r\n',
  );
  expect(absolute).toMatch(/^HTTP\/1.1 4/);
  const none = await sendRaw(port, 'GET /api/start HTTP/1.0\r\n\r\n');
  expect(none).toMatch(/^HTTP\/1.1 4/);
});

it('refuses a foreign Origin and anything a browser marks as cross-site, even with the cookie', async () => {
  const folder = join(server.root, 'made-by-another-site');
  for (const origin of ['http://evil.example', 'null', 'http://127.0.0.1:1', `https://127.0.0.1:${server.host.port}`]) {
    refused(await post('/api/projects/create', { folder }, { Origin: origin }), 403);
    refused(await server.ask('/api/start', { headers: { Origin: origin } }), 403);
  }
  for (const site of ['cross-site', 'same-site']) {
    refused(await server.ask('/api/start', { headers: { 'Sec-Fetch-Site': site } }), 403);
  }
  refused(await post('/api/projects/create', { folder }, { Origin: null }), 403);
  await expect(server.workbench.projects.open(folder)).rejects.toThrow('There is no project');
  expect((await post('/api/projects/forget', { folder })).status).toBe(200);
});

it('gives nothing to a client without a cookie, or with a forged one', async () => {
  const name = `understudy-${server.host.port}`;
  const good = (await server.signIn()).split('=')[1] ?? '';
  const forged = `${(Date.now() - 60_000).toString(36)}${good.slice(good.indexOf('.'))}`;
  for (const cookie of [null, '', `${name}=`, `${name}=a.b.c`, `${name}=${good}x`, `${name}=${forged}`]) {
    for (const path of ['/', '/api/start', '/api/events', '/assets/main-ABCD1234.js', '/api/nothing']) {
      refused(await server.ask(path, { headers: { Cookie: cookie } }), 401);
    }
  }
  expect((await server.ask('/api/start', { headers: { Cookie: `other=1; ${name}=${good}` } })).status).toBe(200);
});

it('exchanges a link once: used and guessed links open nothing', async () => {
  const { pathname, search } = new URL(server.host.url());
  const without = { headers: { Cookie: null } };
  const first = await server.ask(pathname + search, without);
  expect(first).toMatchObject({ status: 303, headers: { location: '/' } });
  expect(first.headers['set-cookie']?.[0]).toMatch(/; Path=\/; HttpOnly; SameSite=Strict$/);
  expect(server.newUrls.at(-1)).toBe(server.host.url());
  const again = await server.ask(pathname + search, without);
  refused(again, 403);
  expect(again.headers['set-cookie']).toBeUndefined();
  for (const token of ['', 'x', 'A'.repeat(43)]) refused(await server.ask(`/?token=${token}`, without), 403);
  // A client with a session may follow an old bookmark.
  expect((await server.ask(pathname + search)).status).toBe(303);
});

it('keeps sessions across a restart of the server, but not after thirty days or with another key', async () => {
  const first = await listen();
  const cookie = await first.signIn();
  await first.host.close();
  const second = await listen(first.root, first.host.port);
  expect((await second.ask('/api/start', { headers: { Cookie: cookie } })).status).toBe(200);
  await second.host.close();
  writeFileSync(join(first.root, 'settings', 'session-key'), Buffer.alloc(32, 7));
  const third = await listen(first.root, first.host.port);
  refused(await third.ask('/api/start', { headers: { Cookie: cookie } }), 401);
  await third.host.close();
});

it('refuses a body that is too large, announced or not, and one that is not JSON', async () => {
  const large = JSON.stringify({ folder: 'x'.repeat(3 * 2 ** 20) });
  refused(await post('/api/projects/open', large), 413);
  refused(await post('/api/projects/open', large, { 'Transfer-Encoding': 'chunked' }), 413);
  refused(await post('/api/projects/open', '{'), 400);
  refused(await post('/api/projects/open', ''), 400);
  refused(await post('/api/projects/open', '[['.repeat(500_000)), 400);
  refused(await post('/api/projects/open', Buffer.from([0x22, 0xff, 0x22])), 400);
  refused(await post('/api/projects/open', { folder: '/x', also: 1 }), 400);
  for (const type of ['text/plain', 'application/json; charset=latin1', 'multipart/form-data; boundary=x', null]) {
    refused(await post('/api/projects/open', { folder: '/x' }, { 'Content-Type': type }), 415);
  }
  expect((await server.ask('/api/start')).status).toBe(200);
});

it('tells the browser to run nothing but the page’s own files, on every answer', async () => {
  const answers = [
    await server.ask('/'),
    await server.ask('/api/start'),
    await server.ask('/nothing'),
    await server.ask('/api/start', { headers: { Cookie: null } }),
    await server.ask('/api/start', { headers: { Host: 'evil.example' } }),
  ];
  for (const { headers } of answers) {
    const policy = String(headers['content-security-policy']);
    expect(policy).toContain("default-src 'none'");
    expect(policy).toMatch(/script-src 'self';/);
    expect(policy).toContain("frame-ancestors 'none'");
    expect(headers).toMatchObject({
      'x-content-type-options': 'nosniff',
      'x-frame-options': 'DENY',
      'cross-origin-resource-policy': 'same-origin',
    });
    expect(headers['access-control-allow-origin']).toBeUndefined();
  }
  expect((await server.ask('/assets/main-ABCD1234.js')).headers['cache-control']).toContain('immutable');
  expect((await server.ask('/')).headers['cache-control']).toBe('no-cache');
});

it('reads and writes no file outside of the project and its sources through any route', async () => {
  const { secretFile, root } = server;
  const routes = createApp(server.workbench, { logBug: () => undefined }).routes.filter(
    // The excluded ones take no path; the sample makes its own folder.
    ({ method, path }) => method !== 'ALL' && !/\/(?:events|close|sample\/open)$/.test(path),
  );
  expect(routes.length).toBeGreaterThan(40);
  const before = readdirSync(root);
  const bodies = [
    { folder: secretFile },
    { folder: '../../secret.txt' },
    { file: secretFile },
    { kind: 'unlabelled', folder: secretFile },
    { format: 'checkpoint', folder: secretFile },
  ];
  for (const { method, path } of routes) {
    const known = path.replace(':project', projectId);
    const ways = [known, ...withWays(path), ...withWays(known)].map((url) => url.replaceAll(/:\w+/g, '1'));
    for (const [place, url] of ways.entries()) {
      const answers =
        method === 'GET'
          ? [await server.ask(`${url}?folder=${encodeURIComponent(secretFile)}`)]
          : // A path in the address and a path in the body are two attempts; combining them adds nothing.
            await Promise.all((place === 0 ? bodies : [{}]).map((body) => post(url, body)));
      for (const { text } of answers) expect(text, `${method} ${url}`).not.toContain(SECRET);
    }
  }
  expect(readdirSync(root)).toEqual(before);
  expect(readFileSync(secretFile, 'utf8')).toBe(SECRET);
});

/** The route with its first parameter replaced by paths to the secret. */
function withWays(route: string): string[] {
  if (!/:\w+/.test(route)) return [];
  return ['..%2f..%2fsecret.txt', encodeURIComponent(server.secretFile)].map((way) => route.replace(/:\w+/, way));
}
