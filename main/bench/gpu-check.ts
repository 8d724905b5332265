/** The entry of the command; see gpu-check-command.ts. */
import { runCommand } from '../command-process.ts';

await runCommand(async () => {
  const { gpuCheckCommand } = await import('./gpu-check-command.ts');
  return async (signal) => await gpuCheckCommand(signal).exitOverride().parseAsync(process.argv);
});
