/** `combine`: makes one teacher of several. */
import { Command, Option } from 'commander';
import { type Combination, combinations } from '../../catalogue/combined-scores.ts';
import { openProject } from '../../catalogue/project.ts';
import { requireGoingOn, WrongUsage } from '../../failure.ts';
import { combineTeachers } from '../../pipeline/combined-teacher.ts';
import { previewRecipe } from '../../pipeline/preview-recipe.ts';
import { Terminal } from '../terminal.ts';

interface CombineOptions {
  readonly how: Combination;
  readonly json?: boolean;
}

export function combineCommand(signal: AbortSignal): Command {
  return new Command('combine')
    .description('Make one teacher of several: their scores for each image become one labelling.')
    .argument('<dir>', "the project's folder, or the .understudy file in it")
    .argument('<runs...>', 'their runs (see understudy status DIR): trained, brought, or from a table of scores')
    .addOption(new Option('--how <how>', 'how their scores are combined').choices(combinations).default('mean'))
    .addHelpText(
      'after',
      `
mean: of the probabilities. agreement: only images for which all name the same class first, for that class, by the mean. ranks:
an image's rank in a class is the worst that any of them gives it, also where scores are no probabilities.

The project's recipe uses the combination from now on, and understudy run continues with it. Students may be among them.`,
    )
    .action(async (directory: string, members: readonly string[], { how, json }: CombineOptions) => {
      const terminal = new Terminal(json === true);
      if (members.length < 2) throw new WrongUsage('Name at least two runs to combine.');
      const project = await openProject(directory);
      try {
        requireGoingOn(signal);
        const { resolved, sets, unfit } = await previewRecipe(project, undefined, []);
        if (!resolved || !sets) throw new WrongUsage(unfit ?? 'Add labelled images first.');
        const { id } = await combineTeachers(project, { how, members: [...members] }, { sets, resolved });
        terminal.print(`The teacher is ${id}, made of ${members.join(' and ')} (${how}).`);
        terminal.event({ event: 'combined', run: id, how, members });
      } finally {
        await project.close();
      }
    });
}
