/** Requests about ranks. All keys are below ['project', id, 'ranks'], which decisions, selections and runs refresh. */
import { keepPreviousData, useQuery } from '@tanstack/react-query';
import type { RankChange, SettingsChange } from '../../main/api/contract.ts';
import { api, read } from '../client.ts';

const project = api.projects[':project'];
const ranking = project.ranks[':labelRun'];

export interface RankingRef {
  readonly projectId: string;
  readonly labelRunId: string;
}

export interface ClassRankingRef extends RankingRef {
  readonly classId: number;
}

export function ranksKey(projectId: string, ...rest: readonly unknown[]) {
  return ['project', projectId, 'ranks', ...rest] as const;
}

export function classParam({ projectId, labelRunId, classId }: ClassRankingRef) {
  return { project: projectId, labelRun: labelRunId, class: String(classId) };
}

export function windowsKey(ref: ClassRankingRef) {
  return ranksKey(ref.projectId, ref.labelRunId, 'class', ref.classId, 'window');
}

export function useRanksOverview(projectId: string) {
  return useQuery({
    queryKey: ranksKey(projectId, 'overview'),
    queryFn: ({ signal }) => read(project.ranks.$get({ param: { project: projectId } }, { init: { signal } })),
  });
}

/** Null before anything is labelled. With the project's settings, or with some of them changed. */
export function useBalance(ref: RankingRef | null, ahead: SettingsChange = {}) {
  const { projectId, labelRunId } = ref ?? { projectId: '', labelRunId: '' };
  return useQuery({
    queryKey: ranksKey(projectId, labelRunId, 'balance', ahead),
    queryFn: ({ signal }) =>
      read(
        ranking.balance.$get(
          { param: { project: projectId, labelRun: labelRunId }, query: inQuery(ahead) },
          { init: { signal } },
        ),
      ),
    placeholderData: keepPreviousData,
    enabled: ref !== null,
  });
}

export function useScoreCurve(ref: ClassRankingRef) {
  return useQuery({
    queryKey: ranksKey(ref.projectId, ref.labelRunId, 'class', ref.classId, 'curve'),
    queryFn: ({ signal }) =>
      read(ranking[':class']['score-curve'].$get({ param: classParam(ref) }, { init: { signal } })),
  });
}

export function usePrecision(ref: ClassRankingRef) {
  return useQuery({
    queryKey: ranksKey(ref.projectId, ref.labelRunId, 'class', ref.classId, 'precision'),
    queryFn: ({ signal }) => read(ranking[':class'].precision.$get({ param: classParam(ref) }, { init: { signal } })),
  });
}

/** For every class with evidence: the share of right images above the line. Spot-check answers refresh it. */
export function usePrecisions({ projectId, labelRunId }: RankingRef) {
  return useQuery({
    queryKey: ['project', projectId, 'spotChecks', labelRunId],
    queryFn: ({ signal }) =>
      read(ranking.precisions.$get({ param: { project: projectId, labelRun: labelRunId } }, { init: { signal } })),
    placeholderData: keepPreviousData,
  });
}

/** Between another labelling and this one; only of one kind if `only` is given. */
export function useRankChanges(ref: ClassRankingRef, besideRunId: string, only: RankChange | null, limit: number) {
  return useQuery({
    queryKey: ranksKey(ref.projectId, ref.labelRunId, 'class', ref.classId, 'changes', besideRunId, only, limit),
    queryFn: ({ signal }) =>
      read(
        ranking[':class'].changes.$get(
          {
            param: classParam(ref),
            query: { before: besideRunId, limit: String(limit), ...(only === null ? {} : { only }) },
          },
          { init: { signal } },
        ),
      ),
    placeholderData: keepPreviousData,
  });
}

export function useImageDetail(projectId: string, imageId: number | null) {
  return useQuery({
    queryKey: ranksKey(projectId, 'image', imageId),
    queryFn: ({ signal }) =>
      read(
        project.images[':image'].$get({ param: { project: projectId, image: String(imageId) } }, { init: { signal } }),
      ),
    enabled: imageId !== null,
  });
}

function inQuery(change: SettingsChange): Record<string, string> {
  return Object.fromEntries(
    Object.entries(change).flatMap(([name, value]) => (value === undefined ? [] : [[name, String(value)]])),
  );
}
