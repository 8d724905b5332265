/** How failures cross the door: an expected one with its sentence, a bug as a bug. */
import { HTTPException } from 'hono/http-exception';
import { ExpectedFailure, messageOf } from '../failure.ts';
import { NotFound } from '../workbench/failures.ts';

export class RequestRefused extends ExpectedFailure {}

/** What the framework itself refuses, such as a body that is no JSON, is a refusal and no bug. */
export function asFailure(error: unknown): unknown {
  if (!(error instanceof HTTPException) || error.status >= 500) return error;
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

export function failureStatus(error: unknown): 400 | 404 | 422 | 500 {
  if (error instanceof RequestRefused) return 400;
  if (error instanceof NotFound) return 404;
  return error instanceof ExpectedFailure ? 422 : 500;
}
