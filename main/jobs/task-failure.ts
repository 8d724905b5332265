/** Errors passed between threads: an expected failure keeps its sentence, a bug its stack. */
import { ExpectedFailure, Interrupted, messageOf } from '../failure.ts';
import { type Damage, StoredDataDamaged } from '../stored-data.ts';
import { asSystemFailure } from '../system-failure.ts';

export interface TaskFailure {
  readonly name: string;
  readonly message: string;
  readonly expected: boolean;
  readonly interrupted: boolean;
  /** For a `StoredDataDamaged`, which is restored as such, because what is damaged may be recreated. */
  readonly damage: Damage | undefined;
  readonly stack: string | undefined;
}

/** An expected failure on another thread, with that thread's message. */
export class TaskFailed extends ExpectedFailure {}

export function failureOf(thrown: unknown): TaskFailure {
  const error = asSystemFailure(thrown);
  return {
    name: error instanceof Error ? error.name : 'Error',
    message: messageOf(error),
    expected: error instanceof ExpectedFailure,
    interrupted: error instanceof Interrupted,
    damage: error instanceof StoredDataDamaged ? error.damage : undefined,
    stack: error instanceof Error ? error.stack : undefined,
  };
}

export function errorOf(failure: TaskFailure): Error {
  if (failure.interrupted) return new Interrupted();
  if (failure.damage) return new StoredDataDamaged(failure.damage);
  if (failure.expected) return new TaskFailed(failure.message);
  const error = new Error(failure.message);
  error.name = failure.name;
  error.stack = failure.stack ?? `${failure.name}: ${failure.message}`;
  return error;
}
