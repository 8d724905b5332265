/**
 * A file at a web address: what its server says about it before anything is stored. Addresses must be https, or http on
 * this machine; redirects must satisfy the same rule, and are followed for a few steps. Requests are only made for an
 * address given by the user, never by a web page.
 */
import { WrongUsage } from '../../failure.ts';
import { MODEL_ENDINGS } from '../../model-endings.ts';
import { visible } from '../../visible.ts';
import { DownloadFailed } from './download-failed.ts';

export interface RemoteFile {
  readonly address: string;
  /** The host that sends it, which may differ from the address. */
  readonly host: string;
  /** Its local file name. */
  readonly name: string;
  /** Null if the server does not say. */
  readonly bytes: number | null;
}

export const isAddress = (given: string): boolean => /^https?:\/\//i.test(given);

const MOST_REDIRECTS = 5;
const CLOSED: ReadonlySet<string> = new Set(['ECONNRESET', 'EPIPE', 'UND_ERR_SOCKET']);
const REDIRECTS: ReadonlySet<number> = new Set([301, 302, 303, 307, 308]);
/** What may arrive in place of the file: a web page, or a repository's pointer to a large file. */
const NO_MODEL: readonly (readonly [RegExp, string])[] = [
  [/^\s*<(?:!doctype|html|\?xml|head|script)/i, 'a web page'],
  [/^version https:\/\/git-lfs/, 'a pointer to a file in Git LFS'],
];
/** Common names of model files: the preceding part of the address tells them apart. */
const USUAL_NAMES = /^(?:model|pytorch_model|open_clip_model|vision_model|model_(?:quantized|fp16|int8|uint8))\./i;
/** Parts of an address that say nothing about a file. */
const PLACES: ReadonlySet<string> = new Set(['resolve', 'raw', 'blob', 'main', 'master', 'onnx', 'download', 'files']);
const LONGEST_NAME = 120;

/** Asks the server, and reads only the beginning of the file. Throws `WrongUsage` and `DownloadFailed`. */
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

/** Follows redirects. Throws `WrongUsage` for an unacceptable address, `DownloadFailed` if there is no response. */
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

/** Throws `WrongUsage` for an unacceptable address. */
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
      // With compression, the length would be unknown and a download could not be resumed.
      return await fetch(url, { redirect: 'manual', headers: { 'accept-encoding': 'identity', ...headers }, signal });
    } catch (error) {
      signal.throwIfAborted();
      const reason = reasonOf(error);
      // A connection kept alive from before may just have been closed by the server.
      if (tries === 1 && CLOSED.has(reason)) continue;
      throw new DownloadFailed(
        `${url.host} does not answer (${reason}): check the network connection of this computer, and run the same command again.`,
        { cause: error },
      );
    }
  }
}

/** Node's message only says that it failed; the cause says why. */
export function reasonOf(error: unknown): string {
  const { cause } = error instanceof Error ? error : {};
  const known = cause instanceof Error ? cause : error;
  const code = known instanceof Error && 'code' in known ? String(known.code) : '';
  return code || (known instanceof Error ? known.message : String(known));
}

/** Throws `DownloadFailed` if the response is not a file, with what to do. */
export function requireFile(address: string, response: Response): void {
  const { status } = response;
  const shown = visible(address);
  if (status === 404 || status === 410) {
    throw new DownloadFailed(`There is no file at ${shown} (${status}): check that the address is complete.`);
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

/** The same, judged by the first bytes received. */
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

/** The length of the whole file; null if unknown. */
export function lengthOf(response: Response): number | null {
  const encoded = response.headers.get('content-encoding') ?? 'identity';
  const text = encoded === 'identity' ? response.headers.get('content-length') : null;
  return text !== null && /^\d{1,15}$/.test(text) ? Number(text) : null;
}

/** The name in the original address, the server's, or the one redirected to: whichever has a model's extension. */
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

/** Makes a name usable on every disk: no separators, not hidden, not too long. */
function plain(name: string): string {
  const usable = name.replace(/[^\p{L}\p{N}._-]+/gu, '_').replace(/^[.-]+/, '');
  return usable.slice(-LONGEST_NAME);
}

function parsed(address: string, from?: URL): URL | undefined {
  return URL.canParse(address, from?.href) ? new URL(address, from) : undefined;
}
