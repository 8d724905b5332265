/** A project of single-coloured pictures, whose classes any network can distinguish by colour. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import sharp from 'sharp';
import { at } from '../../../main/at.ts';
import { createProject, type Project } from '../../../main/catalogue/project.ts';
import { importFolder } from '../../../main/pipeline/import-folder.ts';
import { runMethod } from '../../../main/pipeline/method.ts';
import { openWorkspace } from '../../../main/pipeline/open-workspace.ts';
import type { Goal } from '../../../main/pipeline/stages.ts';
import type { Workspace } from '../../../main/pipeline/workspace.ts';

export const COLOURS = ['Crimson', 'green', 'BLUE'] as const;
const EACH = 4;

/** Four labelled images per class, and four unlabelled ones whose names give their class. */
export async function colouredProject(root: string): Promise<Project> {
  const project = await createProject(join(root, 'project'));
  for (const [channel, name] of COLOURS.entries()) {
    for (let index = 0; index < EACH; index++) {
      const colour = [20, 20, 20].map((level, own) => (own === channel ? 200 + 10 * index : level + 7 * index));
      await writeColour(join(root, 'labelled', name, `${index}.png`), colour, 20 + index);
      await writeColour(join(root, 'unlabelled', `${name}-${index}.png`), colour, 40 + index);
    }
  }
  await importFolder(project, { kind: 'labelled', folder: join(root, 'labelled'), split: 'train' });
  await importFolder(project, { kind: 'unlabelled', folder: join(root, 'unlabelled'), split: null });
  return project;
}

async function writeColour(path: string, colour: readonly number[], sidePx: number): Promise<void> {
  mkdirSync(join(path, '..'), { recursive: true });
  const background = { r: at(colour, 0), g: at(colour, 1), b: at(colour, 2) };
  const picture = sharp({ create: { width: sidePx, height: sidePx, channels: 3, background } });
  writeFileSync(path, await picture.png().toBuffer());
}

const SHORT = [
  ...['imageSizePx=16', 'batch=8', 'student.width=16', 'label.topP=2', 'select.k=4', 'supervised.enabled=false'],
  ...['pretrain.images=16', 'finetune.images=16', 'select.leakGuard=false', 'select.nearDuplicateGuard=false'],
];

/** Uses the teacher that was brought last. */
export async function runAll(project: Project, goal: Goal, host: Partial<Pick<Workspace, 'fleet' | 'tell'>> = {}) {
  const { signal } = new AbortController();
  const asked = { device: 'cpu', set: SHORT };
  const { workspace, collection } = await openWorkspace(project, asked, { signal, tell: () => {}, ...host });
  return { runs: await runMethod(workspace, collection, goal), collection };
}

/** Keyed by file name, the first class of each labelled image. */
export async function firstClasses(project: Project, labelRun: string): Promise<Map<string, string>> {
  const rows = await project.database.rows(
    `SELECT relative_path, classes.name AS class FROM ${await project.scores.table(labelRun)} scores
     JOIN images ON images.id = image_id JOIN classes ON classes.id = class_id WHERE rank_in_image = 1`,
  );
  return new Map(rows.map((row) => [String(row.relative_path), String(row.class)]));
}
