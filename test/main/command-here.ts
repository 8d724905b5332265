/**
 * Runs the command line within the test's own process, for tests that are not about the process: the same arguments, output and
 * exit codes, without the second that a process takes to start. Tests of exiting, stopping and killing use a process
 * (`command-line.ts`).
 */
import { vi } from 'vitest';
import { commandLine } from '../../main/cli/command-line.ts';
import { EXIT, report } from '../../main/command-process.ts';
import type { Finished } from './command-line.ts';
import { settings } from './test-settings.ts';

export async function here(...args: readonly string[]): Promise<Finished> {
  const written = { stdout: '', stderr: '' };
  vi.stubEnv('UNDERSTUDY_HOME', settings);
  const spies = (['stdout', 'stderr'] as const).map((name) =>
    vi.spyOn(process[name], 'write').mockImplementation((text) => {
      written[name] += String(text);
      return true;
    }),
  );
  try {
    const code = await commandLine(new AbortController().signal)
      .parseAsync(['node', 'understudy', ...args])
      .then(() => process.exitCode ?? EXIT.done, report);
    return { code: Number(code), signal: null, ...written };
  } finally {
    process.exitCode = undefined;
    for (const spy of spies) spy.mockRestore();
    vi.unstubAllEnvs();
  }
}
