/** A project of a few drawn images, for tests that do not depend on their content. */
import { join } from 'node:path';
import { createProject, type Project } from '../../../main/catalogue/project.ts';
import { importFolder } from '../../../main/pipeline/import-folder.ts';
import { writeJpeg } from '../image-files.ts';

/** `each` labelled and as many unlabelled images per class, in folders below `root`. */
export async function drawnProject(root: string, classNames: readonly string[], each: number): Promise<Project> {
  const project = await createProject(join(root, 'project'));
  for (const [place, name] of classNames.entries()) {
    for (let index = 0; index < each; index++) {
      await writeJpeg(join(root, 'labelled', name, `${index}.jpg`), { seed: 10 * (place + 1) + index });
      await writeJpeg(join(root, 'unlabelled', `${name}-${index}.jpg`), { seed: 50 + 10 * place + index });
    }
  }
  await importFolder(project, { kind: 'labelled', folder: join(root, 'labelled'), split: 'train' });
  await importFolder(project, { kind: 'unlabelled', folder: join(root, 'unlabelled'), split: null });
  return project;
}
