/** One state for a run and the job that works on it. */
import { describe, expect, it } from 'vitest';
import type { RunState } from '../../../main/pipeline/run-record.ts';
import type { JobState } from '../../../main/workbench/contract/jobs.ts';
import { stateOfRun } from '../../../main/workbench/work/work-state.ts';

const shown = (state: RunState, ...jobs: readonly JobState[]) =>
  stateOfRun({ id: 'teacher-1', state }, [
    { runId: 'other', state: 'running' as const },
    ...jobs.map((job) => ({ runId: 'teacher-1', state: job })),
  ]);

describe('a run', () => {
  it('has the state of the job that works on it', () => {
    expect(shown('running', 'running')).toBe('running');
    expect(shown('cancelled', 'paused')).toBe('paused');
    expect(shown('cancelled', 'cancelled')).toBe('cancelled');
    expect(shown('cancelled', 'queued')).toBe('queued');
  });

  it('is not running under a job that was interrupted, nor after its cancel, nor without a job', () => {
    expect(shown('running', 'interrupted')).toBe('interrupted');
    expect(shown('running', 'cancelled')).toBe('cancelled');
    expect(shown('running')).toBe('interrupted');
  });

  it('that is over has its record’s state, whatever its job does now', () => {
    expect(shown('succeeded', 'running')).toBe('succeeded');
    expect(shown('failed', 'running')).toBe('failed');
    expect(shown('cancelled', 'running', 'cancelled')).toBe('running');
  });
});
