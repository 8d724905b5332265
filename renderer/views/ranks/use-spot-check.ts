/** Answering a spot-check, and taking an answer back: the estimate is the workbench's answer, so it is shown at once. */
import { useMutation, useQueryClient } from '@tanstack/react-query';
import type { PrecisionAtK, SpotCheckAnswer } from '../../../main/api/contract.ts';
import { api, read } from '../../client.ts';
import { type ClassRankingRef, classParam, ranksKey } from './ranks-queries.ts';

export const spotCheckRoute = api.projects[':project'].ranks[':labelRun'][':class']['spot-check'];

export function useSpotCheckActs(ranking: ClassRankingRef) {
  const queries = useQueryClient();
  const { projectId, labelRunId, classId } = ranking;
  const onSuccess = (precision: PrecisionAtK) =>
    queries.setQueryData(ranksKey(projectId, labelRunId, 'class', classId, 'precision'), precision);
  const param = classParam(ranking);
  const answer = useMutation({
    mutationFn: (json: SpotCheckAnswer) => read(spotCheckRoute.$post({ param, json })),
    onSuccess,
  });
  const takeBack = useMutation({
    mutationFn: (imageId: number) => read(spotCheckRoute['take-back'].$post({ param, json: { imageId } })),
    onSuccess,
  });
  return { answer, takeBack };
}
