/**
 * Loads a program whose entry imports nothing else: where this process may not even open the program's own files, which are
 * some hundred, a sentence says so and the exit code is 1.
 */
export async function startUp(load: () => Promise<unknown>): Promise<void> {
  try {
    await load();
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? error.code : undefined;
    if (code !== 'EMFILE' && code !== 'ENFILE') throw error;
    process.stderr.write(
      'Understudy cannot start because too many files are open: close other programs, or allow this one more (ulimit -n 1024), and run the same command again.\n',
    );
    process.exitCode = 1;
  }
}
