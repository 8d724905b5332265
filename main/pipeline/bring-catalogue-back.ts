/**
 * Recovery from damage to the catalogue: restores it from its copy, and removes data about images it no longer knows.
 */
import { readdir, rm } from 'node:fs/promises';
import { openProject, type Project } from '../catalogue/project.ts';
import { projectFolder } from '../catalogue/project-file.ts';
import { type RestoredCatalogue, restoreCatalogue } from '../catalogue/restore-catalogue.ts';
import { readRuns, writeRun } from './runs.ts';

/** Returns what was done, as sentences. Throws what `restoreCatalogue` throws. */
export async function bringCatalogueBack(path: string): Promise<string> {
  const directory = projectFolder(path);
  const restored = await restoreCatalogue(directory);
  if (restored.behind.includes('images')) {
    const project = await openProject(directory);
    try {
      await forgetLaterImages(project, restored);
    } finally {
      await project.close();
    }
  }
  return textOf(restored);
}

/** Images added after the copy lose their ids, which will be assigned to others. */
async function forgetLaterImages(project: Project, { writtenAt }: RestoredCatalogue): Promise<void> {
  for (const name of await readdir(project.path('cache'))) {
    await rm(project.path('cache', name), { recursive: true, force: true });
  }
  const reason = 'It may refer to images that the catalogue no longer knows: run the method again to recreate it.';
  for (const run of await readRuns(project)) {
    if (run.finishedAt !== null && run.finishedAt < writtenAt) continue;
    await writeRun(project, { ...run, state: 'failed', reason });
  }
}

function textOf({ aside, writtenAt, behind }: RestoredCatalogue): string {
  const sentences = [
    `The catalogue was damaged and was restored from its copy of ${writtenAt}, with all labels and decisions.`,
    ...(aside === undefined ? [] : [`The damaged one is kept as ${aside}.`]),
    ...(behind.includes('decisions') ? ['What was decided in the last seconds before the damage is lost.'] : []),
    ...(behind.includes('images')
      ? [
          'Folders that were added or read after that have to be added again, and anything made from them is computed again.',
        ]
      : []),
  ];
  return sentences.join(' ');
}
