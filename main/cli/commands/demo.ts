import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { Command } from 'commander';
import { createProject, openProject } from '../../catalogue/project.ts';
import { generateSampleCollection } from '../../images/sample/sample-collection.ts';
import { importFolder } from '../../pipeline/import-folder.ts';
import { Terminal } from '../terminal.ts';
import { runToGoal } from './run.ts';

const SAMPLE = { seed: 20190502, labelledPerClass: 24, unlabelled: 3200, heldOutPerClass: 80, sizePx: 48 } as const;

interface DemoOptions {
  readonly set?: readonly string[];
  readonly json?: boolean;
}

export function demoCommand(signal: AbortSignal): Command {
  return new Command('demo')
    .description('Generate a sample collection and run the whole method on it: about three minutes on two cores.')
    .argument('[dir]', 'where to put the images and the project', 'understudy-demo')
    .option('--set <key=value...>', 'change single values of the recipe')
    .action(async (directory: string, options: DemoOptions) => {
      const terminal = new Terminal(options.json === true);
      const bar = terminal.progress('Drawing the sample', SAMPLE.unlabelled, 'images');
      const sample = await generateSampleCollection(join(directory, 'images'), {
        ...SAMPLE,
        signal,
        onProgress: (done, total) => bar.update((done * SAMPLE.unlabelled) / total),
      });
      bar.end();
      terminal.note(`Sample collection: ${sample.files.toLocaleString('en')} files in ${join(directory, 'images')}`);
      const folder = join(directory, 'project');
      const project = existsSync(join(folder, 'understudy.json'))
        ? await openProject(folder)
        : await createProject(folder, { name: 'Sample' });
      try {
        const added = { signal };
        await importFolder(project, { kind: 'labelled', folder: sample.labelled, split: 'train' }, added);
        await importFolder(project, { kind: 'labelled', folder: sample.heldOut, split: 'test' }, added);
        const unlabelled = await importFolder(
          project,
          { kind: 'unlabelled', folder: sample.unlabelled, split: null },
          added,
        );
        terminal.note(
          `Left out as unreadable: ${unlabelled.problems.length} files (see them with “status ${folder} --problems”)`,
        );
        await runToGoal(project, 'evaluate', { ...options, recipe: 'demo' }, terminal, signal);
        terminal.print(nextSteps(folder));
      } finally {
        await project.close();
      }
    });
}

function nextSteps(folder: string): string {
  return [
    'Next, on your own images:',
    '  npm run -s cli -- new my-project',
    '  npm run -s cli -- add my-project --labelled FOLDER    (one sub-folder per class)',
    '  npm run -s cli -- add my-project --unlabelled FOLDER',
    '  npm run -s cli -- run my-project',
    `This demo's project: npm run -s cli -- status ${folder}`,
  ].join('\n');
}
