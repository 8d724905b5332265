/** `bring`: a network or weights from elsewhere, for the project's teacher or student. */
import { Command, Option } from 'commander';
import { openProject } from '../../catalogue/project.ts';
import { requireGoingOn } from '../../failure.ts';
import { presetNames } from '../../models/onnx/preprocessing.ts';
import { RANDOM_TEACHES_LITTLE } from '../../pipeline/beginning.ts';
import { type BroughtAs, bring, broughtAs } from '../../pipeline/bring-teacher.ts';
import { firstFiles } from '../../pipeline/first-files.ts';
import { Terminal } from '../terminal.ts';

interface BringOptions {
  readonly as?: BroughtAs;
  readonly preprocessing?: (typeof presetNames)[number];
  readonly size?: number;
  readonly output?: string;
  readonly classes?: string;
  readonly map?: string;
  readonly imageColumn?: string;
  readonly classColumn?: string;
  readonly scoreColumn?: string;
  readonly json?: boolean;
}

/** One file below the other: what it is for, its licence and size, and where it is. */
function firstFileLines(): string[] {
  return firstFiles.flatMap(({ name, use, licence, megabytes, from, url }) => [
    `  ${name} (${use}; ${from}; ${licence}; ${megabytes} MB)`,
    `    ${url}`,
  ]);
}

export function bringCommand(signal: AbortSignal): Command {
  return new Command('bring')
    .description(
      'Bring a model or weights from elsewhere for the teacher or the student; the file is copied into the project.',
    )
    .argument('<dir>', "the project's folder, or the .understudy file in it")
    .argument('<file>', 'an ONNX network, a network as safetensors, .pth, .pt or .th, or scores as .csv or .parquet')
    .addOption(new Option('--as <what>', 'what it is for; by itself where absent').choices(broughtAs))
    .addOption(
      new Option('--preset, --preprocessing <name>', 'how pictures are made for it; guessed where absent').choices(
        presetNames,
      ),
    )
    .addOption(new Option('--size <px>', 'the side of the square that an ONNX network is shown').argParser(Number))
    .option('--output <name>', 'the tensor of an ONNX network to use; guessed where absent')
    .option('--classes <file>', "of a classifier: its classes' names, one a line in their order, or JSON")
    .option('--map <file>', "of a classifier or of scores: CSV or Parquet of their classes and the project's")
    .option('--image-column <name>', "of scores: the images' paths, or their numbers here")
    .option('--class-column <name>', 'of scores: the classes')
    .option('--score-column <name>', 'of scores: the scores')
    .addHelpText(
      'after',
      `
An ONNX network of any kind serves as eyes: what it sees of the labelled images is told apart by a linear classifier, which is
trained within seconds and is the teacher from then on. With --as classifier its own classes are the teacher's answers: those that
are called like the project's, or what --map says; several may mean one.

A table of scores (image, class, score), made by any program, is the teacher as it is. Columns are found by their names.

Of the other files, one that names the project's classes is the teacher as it is (--as teacher); every other is what
training begins from: the teacher's and the student's (--as start), or one of them (--as teacher-start, --as student-start). Its
classifier stays where it knows the project's classes by name; a fresh one takes its place where it does not.

${RANDOM_TEACHES_LITTLE}
Such files are found at:
${firstFileLines().join('\n')}`,
    )
    .action(async (directory: string, file: string, options: BringOptions) => {
      const terminal = new Terminal(options.json === true);
      const project = await openProject(directory);
      try {
        requireGoingOn(signal);
        const { preprocessing: preset, size: sizePx } = options;
        const corrections = { ...options, preset, sizePx };
        const brought = await bring(project, file, corrections, options.as);
        for (const sentence of brought.sentences) terminal.print(sentence);
        terminal.event({ event: 'brought', kind: brought.kind, id: brought.id, file });
      } finally {
        await project.close();
      }
    });
}
