/** The real browser host, listening on a free port, over a real workbench; and requests as raw as an attacker sends them. */
import { mkdirSync, mkdtempSync, writeFileSync } from 'node:fs';
import { request } from 'node:http';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type BrowserHost, type BrowserHostOptions, serveInBrowser } from '../../../main/server/browser-host.ts';
import type { Workbench } from '../../../main/workbench/services.ts';
import { createWorkbench } from '../../../main/workbench/workbench.ts';

/** Must never appear in an answer. */
export const SECRET = 'the secret outside of everything';

export interface Answer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly text: string;
}

export interface ListeningServer {
  readonly root: string;
  readonly secretFile: string;
  readonly pageFolder: string;
  readonly workbench: Workbench;
  readonly host: BrowserHost;
  readonly bugs: unknown[];
  readonly newUrls: string[];
  /** With this machine's Host and a valid cookie unless given otherwise; a header of null is omitted. */
  ask(path: string, options?: AskOptions): Promise<Answer>;
  /** Gets a cookie with the current link. */
  signIn(): Promise<string>;
}

export interface AskOptions {
  readonly method?: string;
  readonly headers?: Readonly<Record<string, string | null>>;
  readonly body?: string | Uint8Array;
}

export function temporaryFolder(): string {
  return mkdtempSync(join(tmpdir(), 'understudy-server-'));
}

export async function listen(
  root = temporaryFolder(),
  port = 0,
  limits: BrowserHostOptions['limits'] = {},
): Promise<ListeningServer> {
  const pageFolder = join(root, 'page');
  const secretFile = join(root, 'secret.txt');
  mkdirSync(join(pageFolder, 'assets'), { recursive: true });
  writeFileSync(join(pageFolder, 'index.html'), '<!doctype html><title>Page</title>');
  writeFileSync(join(pageFolder, 'assets', 'main-ABCD1234.js'), 'export {};');
  writeFileSync(secretFile, SECRET);
  const settingsFolder = join(root, 'settings');
  const projectsFolder = join(root, 'projects');
  const workbench = createWorkbench({ settingsFolder, projectsFolder, host: 'browser', version: '0.0.0' });
  const [bugs, newUrls]: [unknown[], string[]] = [[], []];
  const host = await serveInBrowser({
    workbench,
    settingsFolder,
    pageFolder,
    port,
    limits,
    onNewUrl: (url) => newUrls.push(url),
    logBug: (error) => bugs.push(error),
  });
  const signIn = async () => {
    const { pathname, search } = new URL(host.url());
    const { headers } = await askServer(host.port, pathname + search, {});
    return String(headers['set-cookie']?.[0]).split(';')[0] ?? '';
  };
  const cookie = await signIn();
  return {
    root,
    secretFile,
    pageFolder,
    workbench,
    host,
    bugs,
    newUrls,
    signIn,
    ask: (path, options = {}) =>
      askServer(host.port, path, { ...options, headers: { Cookie: cookie, ...options.headers } }),
  };
}

/** The path is sent unchanged: nothing is resolved or encoded on the way. */
async function askServer(
  port: number,
  path: string,
  { method = 'GET', headers = {}, body }: AskOptions,
): Promise<Answer> {
  const sent = Object.entries(headers).flatMap(([name, value]) => (value === null ? [] : [[name, value] as const]));
  return await new Promise((resolve, reject) => {
    const asking = request(
      { host: '127.0.0.1', port, path, method, headers: Object.fromEntries(sent), agent: false },
      (response) => {
        let text = '';
        response.setEncoding('utf8');
        response.on('data', (data) => {
          text += data;
        });
        response.on('end', () => resolve({ status: response.statusCode ?? 0, headers: response.headers, text }));
        response.on('error', reject);
      },
    );
    asking.on('error', reject);
    asking.end(body);
  });
}

/** Raw bytes, for requests that a well-behaved client refuses to send. Resolves with the whole answer. */
export async function sendRaw(port: number, text: string): Promise<string> {
  return await new Promise((resolve, reject) => {
    let answer = '';
    const socket = connect(port, '127.0.0.1', () => socket.write(text));
    socket.setEncoding('utf8');
    socket.on('data', (data) => {
      answer += data;
    });
    socket.on('close', () => resolve(answer));
    socket.on('error', reject);
  });
}
