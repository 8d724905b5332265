/**
 * An S3 server for tests, on 127.0.0.1: the requests that Understudy makes (ListObjectsV2 with prefixes, delimiter and pages,
 * GetObject with ranges, HeadObject), served from buckets in memory. Credentials are required but not verified.
 */
import { createHash } from 'node:crypto';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

/** Few, so that every listing has several pages. */
const PAGE = 3;

export class ObjectServer {
  /** By bucket and key: photos/a/1.jpg. */
  readonly objects = new Map<string, Buffer>();
  /** Each request: its method and target. */
  readonly asked: string[] = [];
  /** What the next requests get instead of an answer. */
  failing: number | undefined;
  readonly #server: Server = createServer((request, response) => this.#answer(request, response));
  #port = 0;

  get endpoint(): string {
    return `http://127.0.0.1:${this.#port}`;
  }

  /** On its previous port. */
  async start(): Promise<void> {
    await new Promise<void>((resolve) => this.#server.listen(this.#port, '127.0.0.1', resolve));
    this.#port = (this.#server.address() as AddressInfo).port;
  }

  async stop(): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  #answer(request: IncomingMessage, response: ServerResponse): void {
    const url = new URL(request.url ?? '/', this.endpoint);
    const path = decodeURIComponent(url.pathname).slice(1);
    this.asked.push(`${request.method} ${url.searchParams.has('list-type') ? 'list ' : ''}${path}`);
    if (this.failing !== undefined) {
      failure(response, this.failing, 'Failing');
      return;
    }
    if (!request.headers.authorization?.startsWith('AWS4-HMAC-SHA256 Credential=')) {
      failure(response, 403, 'AccessDenied');
      return;
    }
    if (url.searchParams.has('list-type')) this.#list(path.replace(/\/$/, ''), url.searchParams, response);
    else this.#object(path, request, response);
  }

  #list(bucket: string, query: URLSearchParams, response: ServerResponse): void {
    const keys = [...this.objects.keys()].flatMap((path) =>
      path.startsWith(`${bucket}/`) ? [path.slice(bucket.length + 1)] : [],
    );
    if (keys.length === 0) {
      failure(response, 404, 'NoSuchBucket');
      return;
    }
    const [prefix, delimiter] = [query.get('prefix') ?? '', query.get('delimiter')];
    const entries = new Map<string, string>();
    for (const key of keys.filter((one) => one.startsWith(prefix)).sort()) {
      const end = delimiter ? key.indexOf(delimiter, prefix.length) : -1;
      const folder = end < 0 ? undefined : key.slice(0, end + 1);
      if (folder !== undefined) entries.set(folder, `<CommonPrefixes><Prefix>${xml(folder)}</Prefix></CommonPrefixes>`);
      else {
        const content = this.objects.get(`${bucket}/${key}`) ?? Buffer.alloc(0);
        entries.set(
          key,
          `<Contents><Key>${xml(key)}</Key><Size>${content.length}</Size><ETag>${xml(etagOf(content))}</ETag></Contents>`,
        );
      }
    }
    const first = Number(query.get('continuation-token') ?? 0);
    const last = first + Math.min(PAGE, Number(query.get('max-keys') ?? PAGE));
    const more = last < entries.size;
    response.setHeader('content-type', 'application/xml');
    response.end(
      `<?xml version="1.0"?><ListBucketResult><IsTruncated>${more}</IsTruncated>${
        more ? `<NextContinuationToken>${last}</NextContinuationToken>` : ''
      }${[...entries.values()].slice(first, last).join('')}</ListBucketResult>`,
    );
  }

  #object(path: string, request: IncomingMessage, response: ServerResponse): void {
    const content = this.objects.get(path);
    if (!content) {
      failure(response, 404, 'NoSuchKey');
      return;
    }
    response.setHeader('etag', etagOf(content));
    response.setHeader('accept-ranges', 'bytes');
    const range = /^bytes=(\d+)-(\d+)$/.exec(request.headers.range ?? '');
    const part = range ? content.subarray(Number(range[1]), Number(range[2]) + 1) : content;
    if (range && part.length === 0) {
      failure(response, 416, 'InvalidRange');
      return;
    }
    if (range) {
      response.statusCode = 206;
      response.setHeader('content-range', `bytes ${range[1]}-${Number(range[1]) + part.length - 1}/${content.length}`);
    }
    response.setHeader('content-length', part.length);
    response.end(request.method === 'HEAD' ? undefined : part);
  }
}

function failure(response: ServerResponse, status: number, code: string): void {
  response.statusCode = status;
  response.setHeader('content-type', 'application/xml');
  response.end(`<?xml version="1.0"?><Error><Code>${code}</Code><Message>${code}</Message></Error>`);
}

function etagOf(content: Buffer): string {
  return `"${createHash('md5').update(content).digest('hex')}"`;
}

function xml(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('"', '&quot;');
}
