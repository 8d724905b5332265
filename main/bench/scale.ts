/** The entry of the command; see scale-command.ts. */
import { runCommand } from '../command-process.ts';

await runCommand(async () => {
  const { scaleCommand } = await import('./scale-command.ts');
  return async (signal) => await scaleCommand(signal).exitOverride().parseAsync(process.argv);
});
