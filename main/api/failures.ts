/** How failures cross the door: an expected one with its sentence, a bug as a bug. */
import { HTTPException } from 'hono/http-exception';
import { ExpectedFailure, messageOf } from '../failure.ts';
import { asSystemFailure } from '../system-failure.ts';
import { AwayNow, NotFound } from '../workbench/failures.ts';

type RefusalStatus = 400 | 405 | 408 | 413 | 415 | 503;

/** The request itself cannot be answered as it is. */
export class RequestRefused extends ExpectedFailure {
  readonly status: RefusalStatus;
  /** What the answer says beside the sentence: which methods there are, when to ask again. */
  readonly headers: Readonly<Record<string, string>>;

  constructor(message: string, status: RefusalStatus = 400, headers: Readonly<Record<string, string>> = {}) {
    super(message);
    this.status = status;
    this.headers = headers;
  }
}

/** Others are being served: what is under way goes on, and the newest is asked to come again. */
export function tooBusy(message: string, retryAfterSeconds: number): RequestRefused {
  return new RequestRefused(message, 503, { 'Retry-After': String(retryAfterSeconds) });
}

/** What the framework or the system refuses is a refusal and no bug. */
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
        : `This is a bug in Understudy (${messageOf(error)}); your project keeps what is saved.`,
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
  // What is refused now may be given the next time it is asked for.
  return { 'Cache-Control': 'no-store', ...(error instanceof RequestRefused ? error.headers : {}) };
}
