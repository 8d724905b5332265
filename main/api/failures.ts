/** How failures cross the door: expected failures as a sentence, bugs as bugs. */
import { HTTPException } from 'hono/http-exception';
import { ExpectedFailure, messageOf } from '../failure.ts';
import { asSystemFailure } from '../system-failure.ts';
import { AwayNow, NotFound } from '../workbench/failures.ts';

type RefusalStatus = 400 | 405 | 408 | 413 | 415 | 503;

/** The request cannot be answered as it stands. */
export class RequestRefused extends ExpectedFailure {
  readonly status: RefusalStatus;
  /** Headers of the answer beside the sentence: the allowed methods, when to retry. */
  readonly headers: Readonly<Record<string, string>>;

  constructor(message: string, status: RefusalStatus = 400, headers: Readonly<Record<string, string>> = {}) {
    super(message);
    this.status = status;
    this.headers = headers;
  }
}

/** Other requests are being served: those in progress continue, and the newest is asked to retry. */
export function tooBusy(message: string, retryAfterSeconds: number): RequestRefused {
  return new RequestRefused(message, 503, { 'Retry-After': String(retryAfterSeconds) });
}

/** What the framework or the system refuses is a refusal, not a bug. */
export function asFailure(error: unknown): unknown {
  if (!(error instanceof HTTPException) || error.status >= 500) return asSystemFailure(error);
  return new RequestRefused(`The request is not understood: ${error.message}.`);
}

export interface FailureBody {
  readonly failure: { readonly name: string; readonly message: string; readonly expected: boolean };
}

export function failureBody(error: unknown): FailureBody {
  const expected = error instanceof ExpectedFailure;
  return {
    failure: {
      name: error instanceof Error ? error.name : 'Error',
      message: expected
        ? messageOf(error)
        : `This is a bug in Understudy (${messageOf(error)}); everything saved in your project is kept.`,
      expected,
    },
  };
}

export function failureStatus(error: unknown): RefusalStatus | 404 | 422 | 500 {
  if (error instanceof RequestRefused) return error.status;
  if (error instanceof NotFound) return 404;
  if (error instanceof AwayNow) return 503;
  return error instanceof ExpectedFailure ? 422 : 500;
}

export function failureHeaders(error: unknown): Record<string, string> {
  // A request that is refused now may succeed the next time, so the refusal must not be cached.
  return { 'Cache-Control': 'no-store', ...(error instanceof RequestRefused ? error.headers : {}) };
}
