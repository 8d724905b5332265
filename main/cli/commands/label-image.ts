/** `label-image`: a person's label for one image, as an act that can be undone like any other. No file is touched. */
import { Command } from 'commander';
import { classNameOf } from '../../catalogue/class-names.ts';
import { type ClassRecord, readClasses } from '../../catalogue/classes.ts';
import { decideLabelsOf, decideOf, readHistory, undoAction } from '../../catalogue/decisions.ts';
import { SEVERAL_LABELS_HINT } from '../../catalogue/label-setting.ts';
import { openProject, type Project } from '../../catalogue/project.ts';
import { ExpectedFailure, WrongUsage } from '../../failure.ts';
import { findImage } from '../../pipeline/find-image.ts';
import { shortList } from '../../pipeline/short-list.ts';
import { stages } from '../../pipeline/stages.ts';
import { staleStages } from '../../pipeline/work-again.ts';
import { visible } from '../../visible.ts';
import { Terminal } from '../terminal.ts';

class NotToLabel extends ExpectedFailure {}

interface LabelOptions {
  readonly clear?: boolean;
  readonly undo?: boolean;
  readonly json?: boolean;
}

export function labelImageCommand(_signal: AbortSignal): Command {
  return new Command('label-image')
    .description('Give an image a class, or correct the one from its folder; no file is moved or changed.')
    .argument('<dir>', "the project's folder, or the .understudy file in it")
    .argument('[path]', "the image's path, its path in one of the project's folders, or its number")
    .argument(
      '[classes...]',
      'the name of one of the project’s classes; where images may have several, all classes of the image',
    )
    .option(
      '--clear',
      'remove the label given by hand, so that the folder’s applies again; where images may have several, all of them',
    )
    .option('--undo', 'undo the newest act of the project, whatever it was')
    .action(async (directory: string, path: string | undefined, names: readonly string[], options: LabelOptions) => {
      const terminal = new Terminal(options.json === true);
      const project = await openProject(directory);
      try {
        if (options.undo === true) return await undo(project, terminal);
        if (path === undefined || (names.length === 0) !== (options.clear === true)) {
          throw new WrongUsage('Name the image and its class, or the image and --clear, or --undo alone.');
        }
        const found = await findImage(project, path);
        if (found.kind === 'problem') throw new NotToLabel(`${visible(path)} was left out: ${found.reason}.`);
        const several = (await project.catalogue.labelSetting()) === 'several';
        await (several ? giveAll : giveOne)(project, found.id, names);
        const labels = several ? { classes: names } : { class: names[0] ?? null };
        await tell(project, terminal, { imageId: found.id, ...labels });
      } finally {
        await project.close();
      }
    });
}

async function giveOne(project: Project, imageId: number, names: readonly string[]): Promise<void> {
  const [name] = names;
  if (names.length > 1)
    throw new WrongUsage(`An image of this project has one class: name one; ${SEVERAL_LABELS_HINT}.`);
  await (name === undefined ? clear(project, imageId) : give(project, imageId, name));
}

async function giveAll({ database }: Project, imageId: number, names: readonly string[]): Promise<void> {
  const classes = await readClasses(database);
  const classIds = names.map((name) => classNamed(classes, name).id);
  await decideLabelsOf(database, [imageId], classIds);
}

async function give(project: Project, imageId: number, name: string): Promise<void> {
  const { database } = project;
  const { id: classId } = classNamed(await readClasses(database), name);
  await decideOf(database, [imageId], { kind: 'label', classId });
}

async function clear({ database }: Project, imageId: number): Promise<void> {
  const [first] = await readClasses(database);
  // The class is only used for the wording: a hand label is cleared whatever its class.
  const classId = first?.id ?? 0;
  await decideOf(database, [imageId], { kind: 'clearLabel', classId });
}

function classNamed(classes: readonly ClassRecord[], name: string): ClassRecord {
  const wanted = classNameOf(name);
  const found = classes.find((one) => one.name === wanted);
  if (found) return found;
  const names = shortList(classes.map((one) => `“${visible(one.name)}”`));
  throw new WrongUsage(`There is no class “${visible(name)}”: give one of ${names}.`);
}

async function undo(project: Project, terminal: Terminal): Promise<void> {
  const { undo: last } = await readHistory(project.database);
  if (last === null) throw new WrongUsage('There is nothing to undo in this project.');
  await undoAction(project.database);
  terminal.event({ event: 'undone', act: last });
  terminal.print(`Undone: ${visible(last)}`);
}

async function tell(
  project: Project,
  terminal: Terminal,
  labelled: { readonly imageId: number; readonly class?: string | null; readonly classes?: readonly string[] },
): Promise<void> {
  const { undo: act } = await readHistory(project.database);
  const again = await staleStages(project);
  terminal.event({ event: 'labelled', ...labelled, again: again ?? null });
  terminal.print(`${visible(act ?? '')} (image ${labelled.imageId})`);
  if (again && again.length > 0) {
    terminal.print(
      `To learn from it: understudy run DIR. This repeats: ${again.map((stage) => stages[stage].title).join(', ')}.`,
    );
  }
}
