/** `bring`: a network or weights from elsewhere, for the project's teacher or student. */
import { Command, Option } from 'commander';
import { bytesText } from '../../amounts.ts';
import { openProject } from '../../catalogue/project.ts';
import { Interrupted, messageOf, requireGoingOn, WrongUsage } from '../../failure.ts';
import { localPath } from '../../local-path.ts';
import { presetNames } from '../../models/onnx/preprocessing.ts';
import { RANDOM_TEACHES_LITTLE } from '../../pipeline/beginning.ts';
import { type BroughtAs, bring, broughtAs } from '../../pipeline/bring-teacher.ts';
import { firstFiles } from '../../pipeline/first-files.ts';
import { isAddress, lookAtAddress } from '../../pipeline/models-folder/address.ts';
import { download, requireDigits } from '../../pipeline/models-folder/download.ts';
import { findModel, modelsFolder, rememberBrought } from '../../pipeline/models-folder/models-folder.ts';
import { settingsFolder } from '../../settings-folder.ts';
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
  readonly yes?: boolean;
  readonly sha256?: string;
  readonly json?: boolean;
}

/** Downloads into the folder of models, after the person confirmed. */
async function downloaded(
  address: string,
  settings: string,
  { yes = false, sha256 }: BringOptions,
  terminal: Terminal,
  signal: AbortSignal,
): Promise<string> {
  const expected = sha256 ?? firstFiles.find(({ url }) => url === address)?.sha256;
  requireDigits(expected);
  const remote = await lookAtAddress(address, signal);
  const folder = await modelsFolder(settings);
  const size = remote.bytes === null ? 'of unknown size' : `of ${bytesText(remote.bytes)}`;
  const question = `Download ${remote.name} ${size} from ${remote.host} to ${folder}?`;
  if (!yes && !(await terminal.ask(question, signal))) throw new Interrupted('Nothing was downloaded.');
  const bar = terminal.progress('Downloading', remote.bytes === null ? undefined : megabytes(remote.bytes), 'MB');
  const onProgress = (done: number) => bar.update(megabytes(done));
  const {
    file,
    bytes,
    sha256: found,
  } = await download(remote, folder, { signal, sha256: expected, onProgress }).finally(() => bar.end());
  terminal.print(`${file} (${bytesText(bytes)}, SHA-256 ${found})`);
  terminal.event({ event: 'downloaded', address, file, bytes, sha256: found });
  return file;
}

function megabytes(bytes: number): number {
  return Math.ceil(bytes / 1e6);
}

/** One file per block: its purpose, licence and size, and its address. */
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
    .argument(
      '<file>',
      'an ONNX network, a network as safetensors, .pth, .pt or .th, scores as .csv or .parquet; a name that understudy models lists; or an https address',
    )
    .addOption(new Option('--as <what>', 'what it is for (default: decided by the file)').choices(broughtAs))
    .addOption(
      new Option('--preset, --preprocessing <name>', 'how pictures are preprocessed for it (default: guessed)').choices(
        presetNames,
      ),
    )
    .addOption(new Option('--size <px>', 'the side of the square that an ONNX network takes').argParser(Number))
    .option('--output <name>', 'the tensor of an ONNX network to use (default: guessed)')
    .option('--classes <file>', "for a classifier: its classes' names in order, one per line, or JSON")
    .option('--map <file>', "for a classifier or scores: CSV or Parquet that maps their classes to the project's")
    .option('--image-column <name>', "for scores: the column of the images' paths or numbers")
    .option('--class-column <name>', 'for scores: the column of the classes')
    .option('--score-column <name>', 'for scores: the column of the scores')
    .option('--yes', 'for an address: download it without asking')
    .option(
      '--sha256 <digits>',
      'for an address: the SHA-256 that the file must have, or at least its first eight digits',
    )
    .addHelpText(
      'after',
      `
An ONNX network of any kind serves as eyes: a linear classifier is trained on its features of the labelled images within seconds
and is the teacher from then on. With --as classifier its own classes are the teacher's answers: those with the names of the
project's classes, or those that --map lists; several may mean one.

A table of scores (image, class, score), made by any program, is used as the teacher directly. Columns are found by their names.

Of the other files, one that names the project's classes is used as the teacher directly (--as teacher); any other is what
training starts from: the teacher's and the student's (--as start), or one of them (--as teacher-start, --as student-start). Its
classifier is kept if it knows the project's classes by name, and otherwise replaced by a new one.

For an address, you are first shown which server would send how much, and asked; the file goes into the folder of models
(understudy models), and a download that was cut off or stopped continues where it was. Nothing else is ever downloaded.

${RANDOM_TEACHES_LITTLE}
Such files are found at:
${firstFileLines().join('\n')}`,
    )
    .action(async (directory: string, file: string, options: BringOptions) => {
      const terminal = new Terminal(options.json === true);
      const settings = settingsFolder();
      if (options.sha256 !== undefined && !isAddress(file)) {
        throw new WrongUsage('--sha256 is for addresses: leave it out for a file on this machine.');
      }
      const project = await openProject(directory);
      try {
        requireGoingOn(signal);
        const { preprocessing: preset, size: sizePx } = options;
        const corrections = { ...options, preset, sizePx };
        const path = isAddress(file)
          ? await downloaded(file, settings, options, terminal, signal)
          : await findModel(settings, file);
        const brought = await bring(project, path, corrections, options.as);
        for (const sentence of brought.sentences) terminal.print(sentence);
        terminal.event({ event: 'brought', kind: brought.kind, id: brought.id, file: path });
        // The file has been brought even if the settings folder cannot be written.
        await rememberBrought(settings, localPath(path, 'file')).catch((error: unknown) =>
          terminal.note(messageOf(error)),
        );
      } finally {
        await project.close();
      }
    });
}
