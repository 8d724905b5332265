/** `rehearse`: a short training of the teacher, to estimate the result of the whole one. */
import { Command } from 'commander';
import { openProject } from '../../catalogue/project.ts';
import { openWorkspace } from '../../pipeline/open-workspace.ts';
import { rehearsalText, rehearse } from '../../pipeline/rehearsal.ts';
import { DEVICE_NAMES } from '../device-names.ts';
import { showPipeline } from '../pipeline-view.ts';
import { Terminal } from '../terminal.ts';
import type { RunOptions } from './run.ts';

export function rehearseCommand(signal: AbortSignal): Command {
  return new Command('rehearse')
    .description('Train the teacher for seconds on a few hundred labelled images, and report the accuracy to expect.')
    .argument('<dir>', "the project's folder, or the .understudy file in it")
    .option('--recipe <file|name>', 'a recipe file (JSON), or a built-in: paper, cifar-small, demo, default')
    .option('--set <key=value...>', 'change single values of the recipe, such as teacher.startFrom=resnet18.pth')
    .option('--device <device>', DEVICE_NAMES)
    .action(async (directory: string, options: RunOptions) => {
      const terminal = new Terminal(options.json === true);
      const project = await openProject(directory);
      const view = showPipeline(terminal, project.name);
      try {
        const { workspace, collection } = await openWorkspace(project, options, { signal, tell: view.tell });
        const rehearsal = await rehearse(workspace, collection);
        view.end();
        terminal.print(rehearsalText(rehearsal));
        terminal.event({ event: 'rehearsed', ...rehearsal });
      } finally {
        view.end();
        await project.close();
      }
    });
}
