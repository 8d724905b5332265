/** A file from elsewhere as the project's teacher: a network to look with, or a whole classifier of the project's classes. */
import type { Project } from '../catalogue/project.ts';
import { WrongUsage } from '../failure.ts';
import { bringExtractor, type ExtractorCorrections } from './extractors.ts';
import { importTeacher } from './import-teacher.ts';
import { keepRecipe, lastRecipe } from './kept-recipe.ts';
import { previewRecipe } from './preview-recipe.ts';

export interface BroughtTeacher {
  readonly kind: 'features' | 'network';
  /** Of the eyes, or of the teacher's run. */
  readonly id: string;
  /** What was understood of the file, and what follows. */
  readonly sentences: readonly string[];
}

/** The project's recipe uses it from now on. */
export async function bringAsTeacher(
  project: Project,
  file: string,
  corrections: ExtractorCorrections,
): Promise<BroughtTeacher> {
  if (/\.onnx$/i.test(file)) return await bringEyes(project, file, corrections);
  if (corrections.preset !== undefined || corrections.sizePx !== undefined) {
    throw new WrongUsage('--preset and --size are for ONNX networks: leave them out for this file.');
  }
  const { resolved, sets, unfit } = await previewRecipe(project, undefined, []);
  if (!resolved || !sets)
    throw new WrongUsage(unfit ?? 'Add labelled images first: a teacher is brought for their classes.');
  const { id, reason } = await importTeacher(project, file, sets, resolved);
  return { kind: 'network', id, sentences: [reason ?? `The teacher is ${id}.`] };
}

async function bringEyes(project: Project, file: string, corrections: ExtractorCorrections): Promise<BroughtTeacher> {
  const { id, extractor, reasons, sure } = await bringExtractor(project, file, corrections);
  const recipe = await lastRecipe(project);
  const changed = { ...recipe, teacher: { ...recipe.teacher, run: null, features: id } };
  await keepRecipe(project, changed);
  const { sizePx } = extractor.preprocessing;
  return {
    kind: 'features',
    id,
    sentences: [
      ...reasons,
      ...(sure
        ? []
        : ['Nothing said how pictures are made for it: where its ranks look wrong, bring it again with --preset.']),
      `It looks at ${sizePx} × ${sizePx} pixels and is the teacher's eyes from now on (${id}): run the method, or understudy label.`,
    ],
  };
}
