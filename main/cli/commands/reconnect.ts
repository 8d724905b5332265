import { Command } from 'commander';
import { openProject } from '../../catalogue/project.ts';
import { many } from '../../many.ts';
import { reconnections, reconnectSource } from '../../pipeline/reconnect-source.ts';
import { visible } from '../../visible.ts';
import { Terminal } from '../terminal.ts';

export function reconnectCommand(signal: AbortSignal): Command {
  return new Command('reconnect')
    .description(
      'Tell a project where a folder of images is now. Its images keep their labels and everything computed from them.',
    )
    .argument('<dir>', "the project's folder, or the .understudy file in it")
    .argument('<old>', 'the folder as the project knows it, its number in `understudy status`, or a folder above it')
    .argument('<new>', 'where the same files and sub-folders are now')
    .action(async (directory: string, old: string, folder: string, options: { json?: boolean }) => {
      const terminal = new Terminal(options.json === true);
      const project = await openProject(directory);
      try {
        for (const { source, folder: place } of await reconnections(project, old, folder)) {
          const counter = terminal.progress('Reading', undefined, 'files');
          const onProgress = (files: number) => counter.update(files);
          const found = await reconnectSource(project, source.id, place, { signal, onProgress });
          counter.end();
          const { images, missing, problems, notes } = found;
          terminal.event({ event: 'reconnected', from: source.folder, to: place, ...found });
          const left = [`${missing} missing`, `${problems.length} left out`].filter((text) => !text.startsWith('0 '));
          const counts = [many(images, 'image'), ...left].join(', ');
          terminal.print(`${visible(source.folder)} is ${visible(place)} now: ${counts}`);
          for (const note of notes) terminal.print(`  ${note}`);
        }
      } finally {
        await project.close();
      }
    });
}
