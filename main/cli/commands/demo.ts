import { Command, Option } from 'commander';
import type { Project } from '../../catalogue/project.ts';
import { localPath } from '../../local-path.ts';
import { packRuns } from '../../pipeline/sample-archive.ts';
import { drawSample, importSample, openSampleProject, SAMPLE, samplePlaces } from '../../pipeline/sample-project.ts';
import { Terminal } from '../terminal.ts';
import { runToGoal } from './run.ts';

interface DemoOptions {
  readonly set?: readonly string[];
  readonly pack?: string;
  readonly json?: boolean;
}

export function demoCommand(signal: AbortSignal): Command {
  return new Command('demo')
    .description('Generate a sample collection and run the whole method on it: about three minutes on two cores.')
    .argument('[dir]', 'where to put the images and the project', 'understudy-demo')
    .option('--set <key=value...>', 'change single values of the recipe')
    .addOption(
      new Option('--pack <file>', 'write the finished runs as the archive that ships with Understudy').hideHelp(),
    )
    .action(async (given: string, options: DemoOptions) => {
      const directory = localPath(given);
      const terminal = new Terminal(options.json === true);
      const bar = terminal.progress('Drawing the sample', SAMPLE.unlabelled, 'images');
      const sample = await drawSample(directory, {
        signal,
        onProgress: (done, total) => bar.update((done * SAMPLE.unlabelled) / total),
      });
      bar.end();
      terminal.note(
        `Sample collection: ${sample.files.toLocaleString('en')} files in ${samplePlaces(directory).images}`,
      );
      const project = await openSampleProject(directory);
      try {
        const imported = await importSample(project, sample, { signal });
        const leftOut = imported.reduce((sum, { problems }) => sum + problems.length, 0);
        terminal.note(
          `Skipped as unreadable: ${leftOut} files (list them with “status ${project.directory} --problems”)`,
        );
        await runToGoal(project, 'evaluate', { ...options, recipe: 'demo' }, terminal, signal);
        terminal.print(nextSteps(project.directory));
        if (options.pack !== undefined) await pack(project, options.pack, terminal);
      } finally {
        await project.close();
      }
    });
}

async function pack(project: Project, archive: string, terminal: Terminal): Promise<void> {
  const bytes = await packRuns(project, archive);
  terminal.note(`Packed the finished runs into ${archive}: ${bytes.toLocaleString('en')} bytes`);
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
