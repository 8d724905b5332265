/** `transfer`: how well models that were trained elsewhere transfer to the classes of a labelled folder. */
import { Command, Option } from 'commander';
import { createProject, openProject, type Project } from '../../catalogue/project.ts';
import { NotAProject } from '../../catalogue/project-failures.ts';
import { USUAL_SEEDS } from '../../experiments/experiment.ts';
import { groundOf, planExperiment } from '../../experiments/plan-experiment.ts';
import { transferExperiment } from '../../experiments/transfer.ts';
import { requireGoingOn } from '../../failure.ts';
import { importFolder } from '../../pipeline/import-folder.ts';
import { findModel } from '../../pipeline/models-folder/models-folder.ts';
import type { WorkspaceOptions } from '../../pipeline/open-workspace.ts';
import { bringWeights } from '../../pipeline/starting-weights.ts';
import { settingsFolder } from '../../settings-folder.ts';
import { DEVICE_NAMES } from '../device-names.ts';
import { followPlan } from '../follow-plan.ts';
import { Terminal } from '../terminal.ts';
import { seedCount } from './experiment.ts';

interface TransferOptions extends Pick<WorkspaceOptions, 'recipe' | 'set' | 'device'> {
  readonly seeds: number;
  readonly estimate?: boolean;
  readonly markdown?: string;
  readonly json?: boolean;
}

export function transferCommand(signal: AbortSignal): Command {
  return new Command('transfer')
    .description('Compare models fine-tuned on another labelled folder, with all layers and with only the classifier.')
    .argument('<dir>', 'a new folder for its project; give the same one again to continue')
    .argument('<folder>', 'the labelled images, one sub-folder per class')
    .argument(
      '<models...>',
      'model files (also runs/…/model.safetensors of any project), or names listed by understudy models',
    )
    .addOption(
      new Option('--seeds <n>', 'how often each training is repeated').argParser(seedCount).default(USUAL_SEEDS),
    )
    .option('--recipe <file|name>', 'how the models are trained (default: default)')
    .option('--set <key=value...>', 'change single values of the recipe, such as supervised.training.images=20000')
    .option('--device <device>', DEVICE_NAMES)
    .option('--estimate', 'only estimate the cost; reads the folder and the models')
    .option('--markdown <file>', 'a document to put the results into as a section')
    .addHelpText(
      'after',
      '\nNo unlabelled images are needed. A fifth of the labels is held out, and every model is judged on the same ones.\nThe images stay where they are; finished work is reused.',
    )
    .action(async (directory: string, folder: string, files: readonly string[], options: TransferOptions) => {
      const terminal = new Terminal(options.json === true);
      const project = await projectAt(directory);
      try {
        requireGoingOn(signal);
        await importFolder(project, { kind: 'labelled', folder, split: 'train' }, { signal });
        const models = [];
        for (const file of files) {
          const path = await findModel(settingsFolder(), file);
          const { id } = await bringWeights(project, path);
          models.push({ weights: id, file });
        }
        const ground = await groundOf(project, { ...options, labelsAlone: true });
        const experiment = transferExperiment(models, ground.recipe.student.model);
        await followPlan(
          project,
          await planExperiment(project, experiment, ground, options.seeds),
          options,
          terminal,
          signal,
        );
      } finally {
        await project.close();
      }
    });
}

async function projectAt(directory: string): Promise<Project> {
  try {
    return await openProject(directory);
  } catch (error) {
    if (!(error instanceof NotAProject)) throw error;
    return await createProject(directory);
  }
}
