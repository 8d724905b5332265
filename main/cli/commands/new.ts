import { Command, Option } from 'commander';
import { createProject, type Project } from '../../catalogue/project.ts';
import { requireGoingOn, WrongUsage } from '../../failure.ts';
import { MOST_CLIP_FRAMES, USUAL_CLIP_FRAMES } from '../../sample-shape.ts';
import { Terminal } from '../terminal.ts';

interface NewOptions {
  readonly name?: string;
  readonly severalLabels?: boolean;
  readonly clips?: number;
  readonly json?: boolean;
}

export function newCommand(signal: AbortSignal): Command {
  return new Command('new')
    .description('Create a project: one folder that will hold everything Understudy writes.')
    .argument('<dir>', 'the folder to create (or an empty one)')
    .option('--name <name>', "the project's name (default: the folder's)")
    .option('--several-labels', 'an image may have several classes, each judged separately')
    .addOption(
      new Option(
        '--clips [frames]',
        'a project of clips (folders of frames, animated GIFs and WebPs, videos); networks see this many frames of each',
      )
        .preset(String(USUAL_CLIP_FRAMES))
        .argParser(framesOf),
    )
    .action(async (directory: string, options: NewOptions) => {
      const terminal = new Terminal(options.json === true);
      requireGoingOn(signal);
      const project = await createProject(directory, {
        ...(options.name !== undefined && { name: options.name }),
        ...(options.severalLabels && { labels: 'several' }),
        clipFrames: options.clips,
      });
      await project.close();
      terminal.event({ event: 'created', directory: project.directory, name: project.name, ...framesSaid(project) });
      terminal.print(`Created the project “${project.name}” in ${project.directory}`);
      if (options.severalLabels) terminal.print('An image may have several classes.');
      terminal.print('Next: understudy add DIR --labelled FOLDER, then understudy add DIR --unlabelled FOLDER.');
    });
}

function framesOf(text: string): number {
  const frames = Number(text);
  if (Number.isInteger(frames) && frames >= 1 && frames <= MOST_CLIP_FRAMES) return frames;
  throw new WrongUsage(
    `--clips takes the number of frames that networks see, 1 to ${MOST_CLIP_FRAMES}, not “${text}”.`,
  );
}

/** Absent for a project of pictures. */
function framesSaid({ clipFrames }: Project): { clipFrames?: number } {
  return clipFrames === undefined ? {} : { clipFrames };
}
