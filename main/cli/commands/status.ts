import { Command } from 'commander';
import { openProject } from '../../catalogue/project.ts';
import { readRuns } from '../../pipeline/runs.ts';
import { type SourceStatus, sourceStatus } from '../../pipeline/source-status.ts';
import { visible } from '../../visible.ts';
import { Terminal } from '../terminal.ts';

export function statusCommand(signal: AbortSignal): Command {
  return new Command('status')
    .description('Show what is in a project: sources, classes, runs, and what could not be read.')
    .argument('<dir>', "the project's folder, or the .understudy file in it")
    .option('--problems', 'list every file that was skipped, with the reason')
    .action(async (directory: string, options: { problems?: boolean; json?: boolean }) => {
      const terminal = new Terminal(options.json === true);
      const project = await openProject(directory, { toLook: true, signal });
      try {
        const summary = { ...(await project.catalogue.summary()), sources: await sourceStatus(project) };
        const problems = options.problems ? await project.catalogue.problems() : [];
        const runs = await readRuns(project);
        terminal.event({
          event: 'status',
          name: project.name,
          directory: project.directory,
          ...summary,
          problems,
          runs,
        });
        terminal.print(`${visible(project.name)} · ${visible(project.directory)}\n`);
        for (const source of summary.sources) {
          const split = source.split === null ? '' : ` (${source.split})`;
          const left = [`${source.problems} left out`, `${source.missing} missing`].filter(
            (text) => !text.startsWith('0 '),
          );
          terminal.print(
            `${source.id} ${source.kind}${split}: ${[`${source.images} images`, ...left].join(', ')} · ${visible(source.manifest ?? source.folder)}`,
          );
          if (source.away !== null) terminal.print(`  ${awayMessage(source)}`);
          for (const note of source.notes) terminal.print(`  ${note}`);
        }
        if (summary.sources.length === 0) terminal.print('No images yet: understudy add DIR --labelled FOLDER');
        for (const { name, train, heldOut } of summary.classes) {
          const counts = `${terminal.cell('', 7 - String(train).length)}${train} to train on, ${heldOut} held out`;
          const empty = train + heldOut === 0 ? ' (no images in it)' : '';
          terminal.print(`  ${terminal.cell(visible(name), 24)} ${counts}${empty}`);
        }
        for (const note of summary.notes) terminal.print(`  ${note}`);
        for (const run of runs) {
          const reason = run.reason === null ? '' : `: ${run.reason}`;
          terminal.print(
            `${run.startedAt.slice(0, 19).replace('T', ' ')}  ${terminal.cell(run.id, 24)} ${run.state}${reason}`,
          );
        }
        for (const { path, reason } of problems) terminal.print(`${visible(path)}: ${visible(reason)}`);
      } finally {
        await project.close();
      }
    });
}

function awayMessage({ id, away }: SourceStatus): string {
  return `That folder ${away}: connect it again, or say where it is now (understudy reconnect DIR ${id} NEW).`;
}
