/** The entry of the browser host; see web-command.ts. */
import { runCommand } from '../command-process.ts';

await runCommand(async () => {
  const { webCommand } = await import('./web-command.ts');
  return async (signal) => await webCommand(signal).parseAsync(process.argv);
});
