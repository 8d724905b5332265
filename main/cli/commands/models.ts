/** `models`: the folder of model files that all projects share. */
import { Command } from 'commander';
import { bytesText } from '../../amounts.ts';
import { requireGoingOn } from '../../failure.ts';
import { chooseModelsFolder, listModels } from '../../pipeline/models-folder/models-folder.ts';
import { settingsFolder } from '../../settings-folder.ts';
import { Terminal } from '../terminal.ts';

interface ModelsOptions {
  readonly folder?: string;
  readonly json?: boolean;
}

export function modelsCommand(signal: AbortSignal): Command {
  return new Command('models')
    .description('List the model files that all projects can use: those in a shared folder, and those brought before.')
    .option('--folder <path>', 'use this folder from now on')
    .addHelpText('after', '\nTo bring a file of the list by its name: understudy bring DIR NAME.')
    .action(async (options: ModelsOptions) => {
      const terminal = new Terminal(options.json === true);
      const settings = settingsFolder();
      requireGoingOn(signal);
      if (options.folder !== undefined) await chooseModelsFolder(settings, options.folder);
      const { folder, away, files } = await listModels(settings);
      terminal.event({ event: 'models', folder, away, files });
      terminal.print(away ?? `The folder of models is ${folder}.`);
      for (const { name, bytes, says, licence } of files) {
        terminal.print(`  ${name} (${bytesText(bytes)}${licence === null ? '' : `; ${licence}`})\n    ${says}`);
      }
      if (away === null && files.length === 0)
        terminal.print('There are no models in it: understudy bring --help names some.');
    });
}
