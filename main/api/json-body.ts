/** The JSON body of a request. Throws `RequestRefused` for anything else. */
import { isUtf8 } from 'node:buffer';
import type { Context } from 'hono';
import { RequestRefused } from './failures.ts';

const LARGEST_JSON_BYTES = 2 * 2 ** 20;
const JSON_TYPE = /^application\/json\s*(?:;\s*charset="?utf-8"?\s*)?$/i;

/** Replaces the request by one with its whole body, for the validator to read. */
export async function receiveJson(c: Context): Promise<void> {
  if (!JSON_TYPE.test(c.req.header('Content-Type') ?? '')) {
    throw new RequestRefused('The request is not understood: its body has to be JSON (application/json).', 415);
  }
  const body = await c.get('bodies').receive(c.req.raw, LARGEST_JSON_BYTES);
  if (!isUtf8(body)) throw new RequestRefused('The request is not understood: its body is not UTF-8.');
  try {
    JSON.parse(body.toString('utf8'));
  } catch {
    throw new RequestRefused('The request is not understood: its body is not complete JSON.');
  }
  const { url, method, headers, signal } = c.req.raw;
  c.req.raw = new Request(url, { method, headers: [...headers], signal, body: new Uint8Array(body) });
}
