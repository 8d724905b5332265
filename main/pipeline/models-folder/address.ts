/**
 * A file that an address gives: what its server says of it before anything of it is kept. Addresses are https, and http on this
 * machine alone; whatever one leads to has to be the same, and is followed for a few steps. Asked by the process that a person
 * told to, never by a page.
 */
import { WrongUsage } from '../../failure.ts';
import { MODEL_ENDINGS } from '../../model-endings.ts';
import { visible } from '../../visible.ts';
import { DownloadFailed } from './download-failed.ts';

export interface RemoteFile {
  readonly address: string;
  /** Who sends it, which may be another than the address names. */
  readonly host: string;
  /** What it is called here. */
  readonly name: string;
  /** Null where the server does not say. */
  readonly bytes: number | null;
}

export const isAddress = (given: string): boolean => /^https?:\/\//i.test(given);

const MOST_REDIRECTS = 5;
const CLOSED: ReadonlySet<string> = new Set(['ECONNRESET', 'EPIPE', 'UND_ERR_SOCKET']);
const REDIRECTS: ReadonlySet<number> = new Set([301, 302, 303, 307, 308]);
/** A web page, or what stands in a repository for a large file, in place of the file. */
const NO_MODEL: readonly (readonly [RegExp, string])[] = [
  [/^\s*<(?:!doctype|html|\?xml|head|script)/i, 'a web page'],
  [/^version https:\/\/git-lfs/, 'a pointer to a file in Git LFS'],
];
/** Names that many files have: what stands before them in the address tells them apart. */
const USUAL_NAMES = /^(?:model|pytorch_model|open_clip_model|vision_model|model_(?:quantized|fp16|int8|uint8))\./i;
/** Of an address, what says nothing of a file. */
const PLACES: ReadonlySet<string> = new Set(['resolve', 'raw', 'blob', 'main', 'master', 'onnx', 'download', 'files']);
const LONGEST_NAME = 120;

/** Asks the server, and reads nothing of the file but its beginning. Throws `WrongUsage` and `DownloadFailed`. */
export async function lookAtAddress(address: string, signal: AbortSignal): Promise<RemoteFile> {
  const asked = new AbortController();
  try {
    const { response, url } = await openAddress(address, {}, AbortSignal.any([signal, asked.signal]));
    requireFile(address, response);
    const reader = response.body?.getReader();
    const first = await reader?.read();
    requireModel(address, first?.value ?? new Uint8Array());
    return { address, host: url.host, name: fileNameFor(address, response, url), bytes: lengthOf(response) };
  } finally {
    asked.abort();
  }
}

/** Follows where the address leads. Throws `WrongUsage` for one that is not taken, `DownloadFailed` where nobody answers. */
export async function openAddress(
  address: string,
  headers: Readonly<Record<string, string>>,
  signal: AbortSignal,
): Promise<{ readonly response: Response; readonly url: URL }> {
  let url = requireAddress(address);
  const here = isLoopback(url);
  for (let steps = 0; ; steps++) {
    const response = await ask(url, headers, signal);
    const to = REDIRECTS.has(response.status) ? response.headers.get('location') : null;
    if (to === null) return { response, url };
    await response.body?.cancel();
    if (steps === MOST_REDIRECTS) {
      throw new DownloadFailed(
        `${visible(address)} leads from one address to another without end: give the file's own.`,
      );
    }
    const next = parsed(to, url);
    if (!next || (next.protocol !== 'https:' && !(here && isLoopback(next)))) {
      throw new DownloadFailed(
        `${visible(address)} leads to ${visible(to)}, which is not an https address: give another address for the file.`,
      );
    }
    url = next;
  }
}

/** Throws `WrongUsage` for one that is not taken. */
export function requireAddress(address: string): URL {
  const url = parsed(address);
  if (!url || (url.protocol !== 'https:' && !(url.protocol === 'http:' && isLoopback(url)))) {
    throw new WrongUsage(
      `${visible(address)} is not an address to download a file from: it has to begin with https://.`,
    );
  }
  if (url.username !== '' || url.password !== '') {
    throw new WrongUsage('An address with a name and a password in it is not used: download the file yourself.');
  }
  return url;
}

function isLoopback({ hostname }: URL): boolean {
  return hostname === 'localhost' || hostname === '[::1]' || /^127(?:\.\d{1,3}){3}$/.test(hostname);
}

async function ask(url: URL, headers: Readonly<Record<string, string>>, signal: AbortSignal): Promise<Response> {
  for (let tries = 1; ; tries++) {
    try {
      // Compressed on the way, its length would be another and nothing could go on where it stopped.
      return await fetch(url, { redirect: 'manual', headers: { 'accept-encoding': 'identity', ...headers }, signal });
    } catch (error) {
      signal.throwIfAborted();
      const reason = reasonOf(error);
      // A connection that was kept open from before may just have been closed at the other end.
      if (tries === 1 && CLOSED.has(reason)) continue;
      throw new DownloadFailed(
        `${url.host} does not answer (${reason}): see whether this computer has a connection, and run the same command again.`,
        { cause: error },
      );
    }
  }
}

/** Node says no more than that it failed; the cause says why. */
export function reasonOf(error: unknown): string {
  const { cause } = error instanceof Error ? error : {};
  const known = cause instanceof Error ? cause : error;
  const code = known instanceof Error && 'code' in known ? String(known.code) : '';
  return code || (known instanceof Error ? known.message : String(known));
}

/** Throws `DownloadFailed` for what is no file, with what to do. */
export function requireFile(address: string, response: Response): void {
  const { status } = response;
  const shown = visible(address);
  if (status === 404 || status === 410) {
    throw new DownloadFailed(`There is no file at ${shown} (${status}): see whether the address is whole.`);
  }
  if (status === 401 || status === 403) {
    throw new DownloadFailed(
      `${shown} is not open to everybody (${status}): download the file in a browser, and bring it from the disk.`,
    );
  }
  if (status !== 200 && status !== 206) {
    throw new DownloadFailed(`${shown} was answered with ${status}: try again later, or give another address.`);
  }
  if (/^text\/html\b/i.test(response.headers.get('content-type') ?? '')) throw noModel(address, 'a web page');
}

/** The same for the first bytes of what came. */
export function requireModel(address: string, beginning: Uint8Array): void {
  const text = Buffer.from(beginning.subarray(0, 256)).toString('latin1');
  const found = NO_MODEL.find(([words]) => words.test(text));
  if (found) throw noModel(address, found[1]);
}

function noModel(address: string, what: string): DownloadFailed {
  return new DownloadFailed(
    `${visible(address)} gives ${what} in place of a model file: give the address of the file itself (on Hugging Face with /resolve/ in place of /blob/).`,
  );
}

/** Of the whole file; null where it is not said. */
export function lengthOf(response: Response): number | null {
  const encoded = response.headers.get('content-encoding') ?? 'identity';
  const text = encoded === 'identity' ? response.headers.get('content-length') : null;
  return text !== null && /^\d{1,15}$/.test(text) ? Number(text) : null;
}

/** The address's own name, the server's, or that of where it led: whichever says what kind of file it is. */
function fileNameFor(address: string, response: Response, url: URL): string {
  const disposition = response.headers.get('content-disposition') ?? '';
  const told = /filename\*?=(?:UTF-8'')?"?([^";]+)/i.exec(disposition)?.[1];
  const asked = namesIn(new URL(address));
  const name = [asked.at(-1), told && decoded(told), namesIn(url).at(-1)].find((one) => one && endsAsModel(one));
  if (!name) {
    throw new WrongUsage(
      `The address does not say what kind of file it gives: it has to end with .${MODEL_ENDINGS.join(', .')}.`,
    );
  }
  const before = USUAL_NAMES.test(name) ? asked.slice(0, -1).filter((part) => !PLACES.has(part)) : [];
  return plain([...before.slice(-1), name].join('-'));
}

function namesIn({ pathname }: URL): string[] {
  return pathname
    .split('/')
    .filter((part) => part !== '')
    .map(decoded);
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

function endsAsModel(name: string): boolean {
  return MODEL_ENDINGS.some((ending) => name.toLowerCase().endsWith(`.${ending}`));
}

/** Usable on every disk: no separators, nothing that hides it, not too long. */
function plain(name: string): string {
  const usable = name.replace(/[^\p{L}\p{N}._-]+/gu, '_').replace(/^[.-]+/, '');
  return usable.slice(-LONGEST_NAME);
}

function parsed(address: string, from?: URL): URL | undefined {
  return URL.canParse(address, from?.href) ? new URL(address, from) : undefined;
}
