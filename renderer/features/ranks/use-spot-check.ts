/**
 * The answers of a spot-check, sent in turn and taken back; the workbench's response contains the estimate, so it is shown at
 * once.
 */
import { useQueryClient } from '@tanstack/react-query';
import { useState, useSyncExternalStore } from 'react';
import type { PrecisionAtK, SpotCheckAnswer } from '../../../main/api/contract.ts';
import { AnswerQueue } from '../../acts/answer-queue.ts';
import { sentInTurn } from '../../acts/sent-in-turn.ts';
import { api, read } from '../../client.ts';
import { type ClassRankingRef, classParam, ranksKey } from '../../queries/ranks-queries.ts';

export const spotCheckRoute = api.projects[':project'].ranks[':labelRun'][':class']['spot-check'];

export function useSpotCheckAnswers(ranking: ClassRankingRef) {
  const queries = useQueryClient();
  const [queue] = useState(() => {
    const { projectId, labelRunId, classId } = ranking;
    const param = classParam(ranking);
    const scope = { id: `spot-check ${projectId}` };
    const shown = (precision: PrecisionAtK) => {
      queries.setQueryData(ranksKey(projectId, labelRunId, 'class', classId, 'precision'), precision);
      return precision;
    };
    return new AnswerQueue<SpotCheckAnswer, PrecisionAtK>({
      keep: async (json) => shown(await sentInTurn(queries, scope, () => read(spotCheckRoute.$post({ param, json })))),
      takeBack: async ({ imageId }) =>
        shown(
          await sentInTurn(queries, scope, () => read(spotCheckRoute['take-back'].$post({ param, json: { imageId } }))),
        ),
    });
  });
  const given = useSyncExternalStore(queue.subscribe, queue.given);
  return { queue, given };
}
