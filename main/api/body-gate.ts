/**
 * Receives the bodies of requests. Each is bounded, whether or not its length was announced, and all together are bounded too,
 * so that many at once cannot fill the memory. Bodies in progress continue, and the newest request is told to retry later. A
 * body that falls silent is dropped, so that a slow sender cannot keep others out.
 */
import { RequestRefused, tooBusy } from './failures.ts';

export interface BodyLimits {
  readonly bytesAtOnce: number;
  readonly bodiesAtOnce: number;
  /** How long a body may pause. */
  readonly silenceMs: number;
}

/** Room for one large drop of files and many small requests beside it. */
const LIMITS: BodyLimits = { bytesAtOnce: 320 * 2 ** 20, bodiesAtOnce: 64, silenceMs: 10_000 };
const RETRY_AFTER_SECONDS = 2;

declare module 'hono' {
  interface ContextVariableMap {
    bodies: BodyGate;
  }
}

export class BodyGate {
  readonly #limits: BodyLimits;
  #bytes = 0;
  #bodies = 0;

  constructor(limits: Partial<BodyLimits> = {}) {
    this.#limits = { ...LIMITS, ...limits };
  }

  /** The whole body of a request. Throws `RequestRefused` with the matching status. */
  async receive(request: Request, mostBytes: number): Promise<Buffer> {
    const announced = announcedBytes(request);
    if (announced !== undefined && announced > mostBytes) throw tooLarge(mostBytes);
    const reserved = announced ?? mostBytes;
    if (this.#bodies >= this.#limits.bodiesAtOnce || this.#bytes + reserved > this.#limits.bytesAtOnce) {
      throw tooBusy('Too much is being sent to Understudy at once: try again in a moment.', RETRY_AFTER_SECONDS);
    }
    this.#bodies++;
    this.#bytes += reserved;
    try {
      return await this.#read(request, mostBytes);
    } finally {
      this.#bodies--;
      this.#bytes -= reserved;
    }
  }

  async #read(request: Request, mostBytes: number): Promise<Buffer> {
    const reader = request.body?.getReader();
    const chunks: Uint8Array[] = [];
    let bytes = 0;
    try {
      for (;;) {
        const chunk = reader && (await this.#next(reader));
        if (!chunk) return Buffer.concat(chunks, bytes);
        bytes += chunk.length;
        if (bytes > mostBytes) throw tooLarge(mostBytes);
        chunks.push(chunk);
      }
    } catch (error) {
      // The rest is not needed.
      void reader?.cancel().catch(() => undefined);
      throw error;
    }
  }

  /** Undefined at the end of the body. */
  async #next(reader: ReadableStreamDefaultReader<Uint8Array>): Promise<Uint8Array | undefined> {
    const { silenceMs } = this.#limits;
    let timer: NodeJS.Timeout | undefined;
    const silence = new Promise<never>((_, reject) => {
      const tooSlow = () => reject(new RequestRefused('The rest of the request did not arrive: send it again.', 408));
      timer = setTimeout(tooSlow, silenceMs);
    });
    const read = reader.read().catch(() => {
      throw new RequestRefused('The request did not arrive completely: send it again.');
    });
    try {
      return (await Promise.race([read, silence])).value;
    } finally {
      clearTimeout(timer);
    }
  }
}

/** Undefined if the sender does not announce a length. */
function announcedBytes({ headers }: Request): number | undefined {
  const length = headers.get('Content-Length');
  return length !== null && /^\d+$/.test(length) && !headers.has('Transfer-Encoding') ? Number(length) : undefined;
}

function tooLarge(mostBytes: number): RequestRefused {
  return new RequestRefused(`The request is larger than ${mostBytes / 2 ** 20} MiB: send less at a time.`, 413);
}
