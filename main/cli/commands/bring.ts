/** `bring`: a network or a model from elsewhere becomes the project's teacher. */
import { Command, Option } from 'commander';
import { openProject } from '../../catalogue/project.ts';
import { presetNames } from '../../models/onnx/preprocessing.ts';
import { bringAsTeacher } from '../../pipeline/bring-teacher.ts';
import { Terminal } from '../terminal.ts';

interface BringOptions {
  readonly preset?: (typeof presetNames)[number];
  readonly size?: number;
  readonly json?: boolean;
}

export function bringCommand(): Command {
  return new Command('bring')
    .description("Bring a model from elsewhere as the project's teacher; the file is copied into the project.")
    .argument('<dir>', "the project's folder, or the .understudy file in it")
    .argument('<file>', 'an ONNX network, or a ResNet or ResNeXt as safetensors, .pth, .pt or .th')
    .addOption(new Option('--preset <name>', 'how an ONNX network is shown pictures').choices(presetNames))
    .addOption(new Option('--size <px>', 'the side of the square it is shown').argParser(Number))
    .addHelpText(
      'after',
      `
An ONNX network of any kind serves as eyes: what it sees of the labelled images is told apart by a linear classifier, which is
trained within seconds and is the teacher from then on. Other files bring a whole teacher, whose classes must be the project's.`,
    )
    .action(async (directory: string, file: string, options: BringOptions) => {
      const terminal = new Terminal(options.json === true);
      const project = await openProject(directory);
      try {
        const brought = await bringAsTeacher(project, file, { preset: options.preset, sizePx: options.size });
        for (const sentence of brought.sentences) terminal.print(sentence);
        terminal.event({ event: 'brought', kind: brought.kind, id: brought.id, file });
      } finally {
        await project.close();
      }
    });
}
