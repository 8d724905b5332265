/** Advises another optimiser for each training whose network hardly learns with plain SGD. */
import { architectureOf } from '../models/architectures.ts';
import { chosenNetwork } from './network-choice.ts';
import type { RecipeExplanation, ResolvedRecipe } from './resolve-recipe.ts';

export function optimiserAdvice(recipe: ResolvedRecipe, classes: number): RecipeExplanation[] {
  const { teacher, student, supervised, imageSizePx } = recipe;
  const trainsTeacher = teacher.run === null && teacher.features === null;
  const trainings = [
    ...(trainsTeacher ? [['teacher.training', teacher, teacher.training] as const] : []),
    ...(supervised.enabled ? [['supervised.training', student, supervised.training] as const] : []),
    ['pretrain', student, recipe.pretrain] as const,
    ['finetune', student, recipe.finetune] as const,
  ];
  return trainings.flatMap(([path, choice, { optimiser }]) => {
    const { advisedOptimiser, title } = architectureOf(chosenNetwork(choice, imageSizePx, classes));
    if (advisedOptimiser !== 'adamw' || optimiser.kind === 'adamw') return [];
    const because = `as the recipe says; a ${title} learns better with AdamW: ${path}.optimiser.kind=adamw`;
    return [{ path: `${path}.optimiser.kind`, value: 'sgd', because }];
  });
}
