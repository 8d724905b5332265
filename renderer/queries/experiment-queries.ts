/**
 * Requests about experiments. Results are refreshed as they arrive; the estimated cost, whenever something changes that a
 * recipe depends on.
 */
import { useMutation, useQuery } from '@tanstack/react-query';
import type { AskedExperiment } from '../../main/api/contract.ts';
import { api, read } from '../client.ts';
import type { RecipeChoice } from '../training/recipe-choice.ts';
import { setLines } from '../training/recipe-settings.ts';
import { useJobsAfter } from './job-queries.ts';

const experiments = api.projects[':project'].experiments;
const one = experiments[':experiment'];

function asked({ recipe, changes }: RecipeChoice) {
  return { set: setLines(changes), ...(recipe === null ? {} : { recipe }) };
}

export function useExperiments(projectId: string, choice: RecipeChoice) {
  return useQuery({
    queryKey: ['project', projectId, 'experiments', 'list', choice.recipe, setLines(choice.changes)],
    queryFn: () => read(experiments.$post({ param: { project: projectId }, json: asked(choice) })),
    placeholderData: (previous) => previous,
    retry: false,
  });
}

export interface ExperimentChoice {
  readonly experiment: AskedExperiment;
  /** Null: as many as the file says, or the default number. */
  readonly seeds: number | null;
}

function body(choice: RecipeChoice, { experiment, seeds }: ExperimentChoice) {
  return { ...asked(choice), experiment, ...(seeds === null ? {} : { seeds }) };
}

export function useExperimentEstimate(projectId: string, choice: RecipeChoice, chosen: ExperimentChoice) {
  return useQuery({
    queryKey: ['project', projectId, 'ranks', 'experiment', choice.recipe, setLines(choice.changes), chosen],
    queryFn: () => read(experiments.estimate.$post({ param: { project: projectId }, json: body(choice, chosen) })),
    retry: false,
  });
}

export function useStartExperiment(projectId: string, choice: RecipeChoice) {
  return useMutation({
    mutationFn: (chosen: ExperimentChoice) =>
      read(experiments.start.$post({ param: { project: projectId }, json: body(choice, chosen) })),
    ...useJobsAfter(),
  });
}

export function useExperimentResults(projectId: string, name: string | undefined) {
  return useQuery({
    queryKey: ['project', projectId, 'experiments', 'results', name],
    queryFn: () => read(one.results.$get({ param: { project: projectId, experiment: name ?? '' } })),
    enabled: name !== undefined,
  });
}

export function experimentAddress(projectId: string, name: string, rest: string): string {
  return `/api/projects/${projectId}/experiments/${name}/${rest}`;
}
