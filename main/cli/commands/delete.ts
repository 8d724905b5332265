import { Command } from 'commander';
import { openProject } from '../../catalogue/project.ts';
import { requireGoingOn, WrongUsage } from '../../failure.ts';
import { deleteRun, deletionOf, deletionText } from '../../pipeline/delete-runs.ts';
import { Terminal } from '../terminal.ts';

interface DeleteOptions {
  readonly withDependents?: boolean;
  readonly yes?: boolean;
  readonly json?: boolean;
}

export function deleteCommand(signal: AbortSignal): Command {
  return new Command('delete')
    .description('Delete a run and free its disk space. Images, labels and decisions stay as they are.')
    .argument('<dir>', "the project's folder, or the .understudy file in it")
    .argument('<run>', 'the run, as understudy status lists it')
    .option('--with-dependents', 'also the runs that build on it')
    .option('--yes', 'delete without asking')
    .action(async (directory: string, runId: string, options: DeleteOptions) => {
      const terminal = new Terminal(options.json === true);
      const project = await openProject(directory);
      try {
        requireGoingOn(signal);
        const deletion = await deletionOf(project, runId);
        const dependents = deletion.dependents.map(({ id }) => id);
        const said = deletionText(deletion);
        if (dependents.length > 0 && options.withDependents !== true) {
          throw new WrongUsage(`${said} Confirm with --with-dependents.`);
        }
        if (options.yes !== true && !(await terminal.ask(`${said} Delete it?`, signal, 'Nothing was deleted.'))) {
          terminal.print('Nothing was deleted.');
          return;
        }
        const { bytes } = await deleteRun(project, runId, dependents);
        terminal.event({ event: 'deleted', runs: [runId, ...dependents], bytes });
        terminal.print(options.yes === true ? said : 'Deleted.');
      } finally {
        await project.close();
      }
    });
}
