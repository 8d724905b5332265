/** The requests of the training screens, each under the key that its events refresh. */
import { useMutation, useQuery } from '@tanstack/react-query';
import type { BringChoice, EffortName, EffortsView, Goal, Job, JobAction } from '../../main/api/contract.ts';
import { api, read } from '../client.ts';
import type { RecipeChoice } from '../training/recipe-choice.ts';
import { setLines } from '../training/recipe-settings.ts';
import { useCollection } from './collection-queries.ts';
import { JOBS, useJobsAfter } from './job-queries.ts';

const project = api.projects[':project'];

function body({ recipe, changes }: RecipeChoice) {
  return { set: setLines(changes), ...(recipe === null ? {} : { recipe }) };
}

export function useRuns(projectId: string) {
  return useQuery({
    queryKey: ['project', projectId, 'runs', 'list'],
    queryFn: () => read(project.runs.$get({ param: { project: projectId } })),
  });
}

/**
 * The recipe with its changes; if they are refused, without them, so that there is a form to correct them in. Like the estimate
 * and the ranks it depends on everything that a person can change: their keys reflect that, and both are refreshed together.
 */
export function useRecipe(projectId: string, choice: RecipeChoice) {
  const changed = useRecipeView(projectId, choice, true);
  const unchanged = useRecipeView(projectId, { ...choice, changes: {} }, changed.error !== null);
  return { view: changed.data ?? unchanged.data, error: changed.error };
}

function useRecipeView(projectId: string, choice: RecipeChoice, enabled: boolean) {
  return useQuery({
    queryKey: ['project', projectId, 'ranks', 'recipe', choice.recipe, setLines(choice.changes)],
    queryFn: () => read(project.recipe.$post({ param: { project: projectId }, json: body(choice) })),
    placeholderData: (previous) => previous,
    enabled,
    retry: false,
  });
}

/** Fetched again once the fastest device is known. */
export function useEstimate(projectId: string, goal: Goal, choice: RecipeChoice, chosenDevice: string | null = null) {
  return useQuery({
    queryKey: ['project', projectId, 'ranks', 'estimate', goal, choice.recipe, setLines(choice.changes), chosenDevice],
    queryFn: () => read(project.estimate.$post({ param: { project: projectId }, json: { ...body(choice), goal } })),
    placeholderData: (previous) => previous,
    retry: false,
  });
}

export function useStart(projectId: string) {
  return useMutation({
    mutationFn: ({ goal, choice }: { readonly goal: Goal; readonly choice: RecipeChoice }) =>
      read(project.run.$post({ param: { project: projectId }, json: { ...body(choice), goal } })),
    ...useJobsAfter(),
  });
}

/** Whether there are eyes with which a teacher can learn within moments. */
export function useLearning(projectId: string) {
  return useQuery({
    queryKey: ['project', projectId, 'runs', 'learning'],
    queryFn: () => read(project.learning.$get({ param: { project: projectId } })),
  });
}

export function useLearn(projectId: string) {
  return useMutation({
    mutationFn: () => read(project.learning.$post({ param: { project: projectId } })),
    ...useJobsAfter(),
  });
}

const MEASURING_MS = 500;
const BUSY_MS = 5000;

/** Fetched repeatedly while it is being measured. */
export function useEfforts(projectId: string) {
  return useQuery({
    queryKey: ['project', projectId, 'ranks', 'efforts'],
    queryFn: () => read(project.efforts.$get({ param: { project: projectId } })),
    refetchInterval: ({ state: { data } }) => (data ? untilAskedAgainMs(data) : false),
  });
}

function untilAskedAgainMs(view: EffortsView): number | false {
  if (view.kind === 'deviceBusy') return BUSY_MS;
  return view.kind === 'measured' && view.share < 1 ? MEASURING_MS : false;
}

export function useStartEffort(projectId: string) {
  return useMutation({
    mutationFn: (effort: EffortName) =>
      read(project.efforts[':effort'].run.$post({ param: { project: projectId, effort } })),
    ...useJobsAfter(),
  });
}

/** What a file from elsewhere is; fetched each time, since a file of the same name may have changed. */
export function useFileLook(projectId: string, file: string) {
  return useQuery({
    queryKey: ['project', projectId, 'look', file],
    queryFn: () => read(project.teachers.look.$post({ param: { project: projectId }, json: { file } })),
    staleTime: 0,
    gcTime: 0,
    retry: false,
  });
}

export function useBringFile(projectId: string) {
  return useMutation({
    mutationFn: (brought: BringChoice & { readonly file: string }) =>
      read(project.teachers.import.$post({ param: { project: projectId }, json: brought })),
    ...useJobsAfter(),
  });
}

export function useUseTeacher(projectId: string) {
  return useMutation({
    mutationFn: (runId: string) =>
      read(project.runs[':run']['use-as-teacher'].$post({ param: { project: projectId, run: runId } })),
  });
}

export function useKeepTraining(projectId: string) {
  return useMutation({
    mutationFn: (runId: string) => read(project.runs[':run'].keep.$post({ param: { project: projectId, run: runId } })),
  });
}

/** Fetched each time: the runs that build on it may have changed. */
export function useRunDeletion(projectId: string, runId: string) {
  return useQuery({
    queryKey: ['project', projectId, 'runs', 'deletion', runId],
    queryFn: () => read(project.runs[':run'].deletion.$get({ param: { project: projectId, run: runId } })),
    staleTime: 0,
    gcTime: 0,
  });
}

export function useDeleteRun(projectId: string) {
  return useMutation({
    mutationFn: ({ runId, dependents }: { readonly runId: string; readonly dependents: readonly string[] }) =>
      read(
        project.runs[':run'].delete.$post({
          param: { project: projectId, run: runId },
          json: { dependents: [...dependents] },
        }),
      ),
  });
}

export function useExtend(projectId: string) {
  return useMutation({
    mutationFn: ({ runId, images }: { readonly runId: string; readonly images: number }) =>
      read(project.runs[':run'].extend.$post({ param: { project: projectId, run: runId }, json: { images } })),
    ...useJobsAfter(),
  });
}

/** Whether the collection can be trained on; undefined until that is known. */
export function useCollectionFitness(projectId: string): boolean | undefined {
  const { data } = useCollection(projectId);
  return data && data.unfit === null;
}

export function useJobs() {
  return useQuery({ queryKey: JOBS, queryFn: () => read(api.jobs.$get()) });
}

export function useJobAction() {
  return useMutation({
    mutationFn: ({ jobId, action }: { readonly jobId: string; readonly action: JobAction }) =>
      read(api.jobs[':job'][':action'].$post({ param: { job: jobId, action } })),
    ...useJobsAfter(),
  });
}

export function useDevices(projectId: string) {
  return useQuery({
    queryKey: ['devices', projectId],
    queryFn: () => read(api.devices.$get({ query: { project: projectId } })),
  });
}

const ENDED: ReadonlySet<Job['state']> = new Set(['succeeded', 'cancelled', 'failed']);

export function isEnded(job: Job): boolean {
  return ENDED.has(job.state);
}

/** Jobs are ordered from the newest. */
export function newestTraining(jobs: readonly Job[], projectId: string): Job | undefined {
  return jobs.find((job) => job.projectId === projectId && (job.kind === 'runMethod' || job.kind === 'importTeacher'));
}
