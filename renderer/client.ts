/** The renderer's side of the API: typed calls, and failures with the workbench's own sentences. */
import { type ClientResponse, hc } from 'hono/client';
import type { Api } from '../main/api/app.ts';

export const api = hc<Api>(window.location.origin).api;

/** A refusal by the workbench, in its own words. `expected` is false for a bug. */
export class Failure extends Error {
  readonly expected: boolean;

  constructor(name: string, message: string, expected: boolean) {
    super(message);
    this.name = name;
    this.expected = expected;
  }
}

export class Unreachable extends Failure {
  constructor() {
    super('Unreachable', 'Understudy does not answer: it was closed, or is starting again.', true);
  }
}

/** The answer's content; throws `Failure` with the workbench's sentence, or `Unreachable` when there is no answer. */
export async function read<T>(answer: Promise<ClientResponse<T>>): Promise<T> {
  return (await (await answered(answer)).json()) as T;
}

/** The same for content that is not JSON. */
export async function readBytes(answer: Promise<ClientResponse<unknown>>): Promise<Blob> {
  return await (await answered(answer)).blob();
}

/** The same for content that arrives piece by piece. */
export async function readStream(
  answer: Promise<ClientResponse<unknown>>,
): Promise<ReadableStream<Uint8Array<ArrayBuffer>>> {
  const { body } = await answered(answer);
  if (body === null) throw new Failure('Error', 'Understudy answered with nothing.', false);
  return body as ReadableStream<Uint8Array<ArrayBuffer>>;
}

async function answered<T>(answer: Promise<ClientResponse<T>>): Promise<ClientResponse<T>> {
  let response: ClientResponse<T>;
  try {
    response = await answer;
  } catch (error) {
    if (error instanceof DOMException && error.name === 'AbortError') throw error;
    throw new Unreachable();
  }
  if (response.ok) return response;
  const body: unknown = await response.json().catch(() => undefined);
  throw failureOf(body) ?? new Failure('Error', `Understudy answered with ${response.status}.`, false);
}

/** Why the address gives nothing; undefined if it does now. Throws when there is no answer. */
export async function failureAt(url: string): Promise<Failure | undefined> {
  const response = await fetch(url, { cache: 'no-store' });
  if (response.ok) return undefined;
  return failureOf(await response.json().catch(() => undefined));
}

function failureOf(body: unknown): Failure | undefined {
  const { failure } = (body ?? {}) as { failure?: { name: string; message: string; expected: boolean } };
  return failure && new Failure(failure.name, failure.message, failure.expected);
}
