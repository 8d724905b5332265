/** The command line: the headless twin of the workbench. */
import { runCommand } from '../command-process.ts';

await runCommand(async () => {
  const { commandLine } = await import('./command-line.ts');
  return async (signal) => await commandLine(signal).parseAsync(process.argv);
});
