import { Command } from 'commander';
import { openProject } from '../../catalogue/project.ts';
import { requireGoingOn } from '../../failure.ts';
import { endedEarlyText, keepTraining, newestKeepable } from '../../pipeline/keep-training.ts';
import { Terminal } from '../terminal.ts';

export function keepCommand(signal: AbortSignal): Command {
  return new Command('keep')
    .description('Save what a stopped training has learnt, as a finished run of its own.')
    .argument('<dir>', "the project's folder, or the .understudy file in it")
    .argument('[run]', 'the training, as listed by understudy status (default: the newest that was stopped)')
    .addHelpText(
      'after',
      '\nThe training itself still continues where it stopped when the same command is run again. To use a saved teacher:\n--set teacher.run=RUN.',
    )
    .action(async (directory: string, runId: string | undefined, options: { json?: boolean }) => {
      const terminal = new Terminal(options.json === true);
      const project = await openProject(directory);
      try {
        requireGoingOn(signal);
        const kept = await keepTraining(project, runId ?? (await newestKeepable(project)).id);
        terminal.event({ event: 'kept', run: kept });
        terminal.print(`Kept as ${kept.id}, ${endedEarlyText(kept)}.`);
      } finally {
        await project.close();
      }
    });
}
