import { basename } from 'node:path';
import { Command, Option } from 'commander';
import { openProject } from '../../catalogue/project.ts';
import { type Split, splits } from '../../catalogue/source-use.ts';
import { WrongUsage } from '../../failure.ts';
import { keepStorage } from '../../images/storage-place.ts';
import { many } from '../../many.ts';
import { leftOutText, missingText } from '../../pipeline/import-findings.ts';
import { importSource } from '../../pipeline/import-source.ts';
import { parseSourceColumns, type SourceColumns } from '../../pipeline/source-columns.ts';
import { visible } from '../../visible.ts';
import { type StorageOptions, withStorageOptions } from '../storage-options.ts';
import { Terminal } from '../terminal.ts';

interface AddOptions extends StorageOptions {
  readonly labelled?: string;
  readonly unlabelled?: string;
  readonly split: Split;
  readonly columns?: SourceColumns;
  readonly json?: boolean;
}

export function addCommand(signal: AbortSignal): Command {
  const command = new Command('add')
    .description(
      'Add images to a project: a folder, tar shards (a .tar, or a folder of them), a .zip, a list (.csv, .parquet), s3://bucket/prefix. The images stay where they are and are never changed.',
    )
    .argument('<dir>', "the project's folder, or the .understudy file in it")
    .option(
      '--labelled <path>',
      'a folder with one sub-folder of images per class, or archives or a list that give the classes',
    )
    .option('--unlabelled <path>', 'a folder of images without labels, nested as you like, or archives, or a list')
    .addOption(new Option('--split <split>', 'what the labelled images are for').choices(splits).default('train'))
    .addOption(
      new Option(
        '--columns <name=key,…>',
        'which column of a list is the path (or tar and key), label, split, tags, caption; or which key of the .json (or txt, cls) in archives; such as label=species,tags=words',
      ).argParser(parseSourceColumns),
    )
    .addHelpText('after', '\nAdding the same source again finds what is new, changed or gone.');
  return withStorageOptions(command).action(async (directory: string, options: AddOptions) => {
    const terminal = new Terminal(options.json === true);
    if ((options.labelled === undefined) === (options.unlabelled === undefined)) {
      throw new WrongUsage('Give what to add: either --labelled PATH or --unlabelled PATH.');
    }
    await keepStorage(options.labelled ?? options.unlabelled ?? '', options);
    const project = await openProject(directory);
    try {
      const source =
        options.labelled === undefined
          ? ({ kind: 'unlabelled', folder: options.unlabelled ?? '', split: null } as const)
          : ({ kind: 'labelled', folder: options.labelled, split: options.split } as const);
      const { columns } = options;
      const counter = terminal.progress('Reading', undefined, 'files');
      const added = await importSource(
        project,
        { ...source, columns },
        { signal, onProgress: (files) => counter.update(files) },
      );
      counter.end();
      const { images, classes, problems, notes, missing, unreachable } = added;
      terminal.event({ event: 'added', ...source, ...added });
      terminal.print(
        `${many(images, project.clipFrames === undefined ? 'image' : 'clip')} in ${visible(source.folder)}${classesText(classes)}`,
      );
      for (const note of notes) terminal.print(note);
      if (missing > 0) terminal.print(`${missingText(missing)}.`);
      if (unreachable.length > 0) {
        terminal.print('Some places could not be read; what is known of their images is kept:');
      }
      if (problems.length > 0) {
        terminal.print(`${leftOutText(problems.length)}:`);
        for (const { relativePath, reason } of problems.slice(0, 20))
          terminal.print(`  ${visible(relativePath || basename(source.folder))}: ${visible(reason)}`);
        if (problems.length > 20) terminal.print('  … all of them: understudy status DIR --problems');
      }
    } finally {
      await project.close();
    }
  });
}

function classesText(classes: ReadonlyMap<string, number>): string {
  return classes.size === 0
    ? ''
    : `: ${Array.from(classes, ([name, count]) => `${visible(name)} ${count}`).join(', ')}`;
}
