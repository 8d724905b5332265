/**
 * The built page. A file is found by looking up the whole URL path in a list made from the folder; a path is never built from a
 * request, so path traversal is impossible. Links in the folder are not followed.
 */
import { readdir, readFile, realpath } from 'node:fs/promises';
import { extname, join, relative, sep } from 'node:path';

const TYPES: Readonly<Record<string, string>> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.json': 'application/json',
  '.map': 'application/json',
  '.webmanifest': 'application/manifest+json',
  '.svg': 'image/svg+xml',
  '.png': 'image/png',
  '.ico': 'image/x-icon',
  '.woff2': 'font/woff2',
  '.txt': 'text/plain; charset=utf-8',
};

/** A name with the bundler's hash: its content never changes. */
const HASHED = /-[0-9A-Za-z]{8}\.[a-z0-9.]+$/;
/** The page resolves its views itself: these paths are views, not files. */
const VIEW = /^\/(?:jobs|devices|projects\/[0-9a-f]{1,64}(?:\/[a-z-]{1,32}){0,3})?\/?$/;
const LIST_AGAIN_MS = 1000;

export interface PageFile {
  readonly content: Uint8Array;
  readonly type: string;
  readonly cacheControl: string;
}

export class PageFiles {
  readonly #folder: string;
  #files = new Map<string, string>();
  #listedAtMs = Number.NEGATIVE_INFINITY;

  constructor(folder: string) {
    this.#folder = folder;
  }

  /** Undefined when the page has no file with this path. */
  async find(urlPath: string): Promise<PageFile | undefined> {
    const name = VIEW.test(urlPath) ? '/index.html' : urlPath;
    if (!this.#files.has(name)) await this.#list();
    const path = this.#files.get(name);
    const type = TYPES[extname(name)];
    if (path === undefined || type === undefined) return undefined;
    const content = await readFile(path).catch(() => undefined);
    if (content === undefined) return undefined;
    return { content, type, cacheControl: HASHED.test(name) ? 'private, max-age=31536000, immutable' : 'no-cache' };
  }

  /** A page that is built while the server runs is found within a second. */
  async #list(): Promise<void> {
    const nowMs = performance.now();
    if (nowMs - this.#listedAtMs < LIST_AGAIN_MS) return;
    this.#listedAtMs = nowMs;
    const folder = await realpath(this.#folder).catch(() => this.#folder);
    const entries = await readdir(folder, { withFileTypes: true, recursive: true }).catch(() => []);
    const paths = entries.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name));
    // Some versions of Node also list the contents of linked folders.
    const real = await Promise.all(paths.map((path) => realpath(path).catch(() => undefined)));
    this.#files = new Map(
      paths
        .filter((path, at) => path === real[at])
        .map((path) => [`/${relative(folder, path).split(sep).join('/')}`, path]),
    );
  }
}
