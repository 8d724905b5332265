/** Assembles the commands, each of which is in its own file. */
import { Command, Option } from 'commander';
import { PROGRAM_VERSION } from '../program-version.ts';
import { addCommand } from './commands/add.ts';
import { bringCommand } from './commands/bring.ts';
import { changesCommand } from './commands/changes.ts';
import { checkCommand } from './commands/check.ts';
import { classifyCommand } from './commands/classify.ts';
import { combineCommand } from './commands/combine.ts';
import { deleteCommand } from './commands/delete.ts';
import { demoCommand } from './commands/demo.ts';
import { doctorCommand } from './commands/doctor.ts';
import { experimentCommand } from './commands/experiment.ts';
import { exportCommand } from './commands/export.ts';
import { keepCommand } from './commands/keep.ts';
import { labelImageCommand } from './commands/label-image.ts';
import { modelsCommand } from './commands/models.ts';
import { newCommand } from './commands/new.ts';
import { parityCommand } from './commands/parity.ts';
import { reconnectCommand } from './commands/reconnect.ts';
import { rehearseCommand } from './commands/rehearse.ts';
import { reportCommand } from './commands/report.ts';
import { runCommands } from './commands/run.ts';
import { showCommand } from './commands/show.ts';
import { statusCommand } from './commands/status.ts';
import { transferCommand } from './commands/transfer.ts';
import { workerCommand } from './commands/worker.ts';

export function commandLine(signal: AbortSignal): Command {
  const program = new Command('understudy')
    .description(
      'Semi-supervised image classification: a teacher trained on a few labels selects, from many unlabelled images, those that a student learns from.',
    )
    .version(PROGRAM_VERSION)
    .showHelpAfterError('(add --help for all options)')
    .exitOverride()
    .configureHelp({ sortSubcommands: false });
  const commands = [
    newCommand(signal),
    addCommand(signal),
    reconnectCommand(signal),
    bringCommand(signal),
    combineCommand(signal),
    modelsCommand(signal),
    rehearseCommand(signal),
    ...runCommands(signal),
    workerCommand(signal),
    experimentCommand(signal),
    transferCommand(signal),
    keepCommand(signal),
    deleteCommand(signal),
    reportCommand(signal),
    statusCommand(signal),
    showCommand(signal),
    labelImageCommand(signal),
    changesCommand(signal),
    checkCommand(signal),
    classifyCommand(signal),
    exportCommand(signal),
    doctorCommand(signal),
    parityCommand(signal),
    demoCommand(signal),
  ];
  for (const command of commands) {
    command
      .addOption(new Option('--json', 'one JSON object per line on stdout, nothing else'))
      .exitOverride()
      .showHelpAfterError('(add --help for all options)');
    program.addCommand(command);
  }
  return program;
}
