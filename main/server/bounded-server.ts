/**
 * An HTTP server in which one client cannot keep others waiting: the number of connections is bounded, a client that connects
 * and sends nothing or too slowly is disconnected, and anything that is not HTTP gets a sentence as its answer.
 */
import { createServer, type RequestListener, type Server } from 'node:http';
import type { Duplex } from 'node:stream';

export interface ConnectionLimits {
  /** Above it, the newest connections are closed unanswered. Browsers open six each. */
  readonly connections: number;
  /** From the connection, or the end of the previous request, to the end of the headers. */
  readonly headersMs: number;
  /** To the end of its body. */
  readonly requestMs: number;
  /** Without a byte in either direction: an event stream has its heartbeat, and an answer may take its time. */
  readonly silenceMs: number;
}

const LIMITS: ConnectionLimits = { connections: 1000, headersMs: 10_000, requestMs: 120_000, silenceMs: 600_000 };
const LARGEST_HEADERS_BYTES = 16 * 1024;

export function createBoundedServer(answer: RequestListener, given: Partial<ConnectionLimits> = {}): Server {
  const { connections, headersMs, requestMs, silenceMs } = { ...LIMITS, ...given };
  const server = createServer(
    {
      headersTimeout: headersMs,
      requestTimeout: requestMs,
      connectionsCheckingInterval: Math.min(headersMs, requestMs) / 2,
      maxHeaderSize: LARGEST_HEADERS_BYTES,
    },
    answer,
  );
  server.maxConnections = connections;
  server.setTimeout(silenceMs);
  server.on('clientError', refuse);
  return server;
}

const REFUSALS: ReadonlyMap<string | undefined, readonly [status: string, message: string]> = new Map([
  ['HPE_HEADER_OVERFLOW', ['431 Request Header Fields Too Large', 'The request’s headers are longer than 16 KiB.']],
  ['ERR_HTTP_REQUEST_TIMEOUT', ['408 Request Timeout', 'The rest of the request did not arrive: send it again.']],
]);

function refuse(error: NodeJS.ErrnoException, socket: Duplex): void {
  if (error.code === 'ECONNRESET' || !socket.writable) {
    socket.destroy();
    return;
  }
  const [status, message] = REFUSALS.get(error.code) ?? ['400 Bad Request', 'The request is not valid HTTP.'];
  const body = JSON.stringify({ failure: { name: 'RequestRefused', message, expected: true } });
  const head = [
    `HTTP/1.1 ${status}`,
    'Content-Type: application/json',
    `Content-Length: ${Buffer.byteLength(body)}`,
    "Content-Security-Policy: default-src 'none'",
    'Cache-Control: no-store',
    'Connection: close',
  ];
  // A client that does not read the answer is not waited for.
  socket.end(`${head.join('\r\n')}\r\n\r\n${body}`, () => socket.destroy());
}
