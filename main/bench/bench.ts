/** The entry of the command; see bench-command.ts. */
import { runCommand } from '../command-process.ts';

await runCommand(async () => {
  const { benchCommand } = await import('./bench-command.ts');
  return async (signal) => await benchCommand(signal).exitOverride().parseAsync(process.argv);
});
