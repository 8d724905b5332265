import { Command } from 'commander';
import { createProject } from '../../catalogue/project.ts';
import { requireGoingOn } from '../../failure.ts';
import { Terminal } from '../terminal.ts';

export function newCommand(signal: AbortSignal): Command {
  return new Command('new')
    .description('Create a project: one folder that will hold everything Understudy writes.')
    .argument('<dir>', 'the folder to create (or an empty one)')
    .option('--name <name>', "the project's name (default: the folder's)")
    .option('--several-labels', 'an image may have several classes, each judged by itself')
    .action(async (directory: string, options: { name?: string; severalLabels?: boolean; json?: boolean }) => {
      const terminal = new Terminal(options.json === true);
      requireGoingOn(signal);
      const project = await createProject(directory, {
        ...(options.name !== undefined && { name: options.name }),
        ...(options.severalLabels && { labels: 'several' }),
      });
      await project.close();
      terminal.event({ event: 'created', directory: project.directory, name: project.name });
      terminal.print(`Created the project “${project.name}” in ${project.directory}`);
      if (options.severalLabels) terminal.print('An image may have several classes.');
      terminal.print('Next: understudy add DIR --labelled FOLDER, then understudy add DIR --unlabelled FOLDER.');
    });
}
