/** The labels given on this page, one queue per project: it keeps sending while another screen is shown. */
import { type QueryClient, useQueryClient } from '@tanstack/react-query';
import { useSyncExternalStore } from 'react';
import type { DecisionMade, DecisionTarget } from '../../../main/api/contract.ts';
import { AnswerQueue, isOnItsWay } from '../../acts/answer-queue.ts';
import { decisionsOf, sentInTurn } from '../../acts/sent-in-turn.ts';
import { api, read } from '../../client.ts';
import { inJson, renewDecided, writable } from '../../queries/decision-queries.ts';

const { decisions } = api.projects[':project'];

export interface HandLabel {
  readonly decision: 'label' | 'clearLabel';
  /** Null: all classes of the images are removed. */
  readonly classId: number | null;
  readonly target: DecisionTarget;
  /** The images it applies to, if they are known individually. */
  readonly imageIds: readonly number[];
  /** The names of the images and the class, for messages. */
  readonly images: string;
  readonly className: string;
}

export type HandLabelQueue = AnswerQueue<HandLabel, DecisionMade>;

const queues = new Map<string, HandLabelQueue>();

export function useHandLabels(projectId: string) {
  const client = useQueryClient();
  const queue = queueOf(projectId, client);
  const given = useSyncExternalStore(queue.subscribe, queue.given);
  return { queue, given };
}

function queueOf(projectId: string, client: QueryClient): HandLabelQueue {
  const known = queues.get(projectId);
  if (known) return known;
  const param = { project: projectId };
  // In order with the decisions on other screens.
  const inItsTurn = <Answer>(send: () => Promise<Answer>) => sentInTurn(client, decisionsOf(projectId), send);
  // Nothing waits for it, least of all the next label; done with the last of the waiting answers.
  const renew = () => {
    if (queue.given().filter(isOnItsWay).length <= 1) void renewDecided(client, projectId, 0);
  };
  const queue: HandLabelQueue = new AnswerQueue({
    keep: ({ decision, classId, target }) =>
      inItsTurn(() => {
        const asked =
          classId === null
            ? { decision: 'labels' as const, classIds: [], target: writable(target) }
            : inJson(decision, classId, target);
        return read(decisions.$post({ param, json: asked }));
      }).finally(renew),
    takeBack: (_answer, { actionId }) =>
      inItsTurn(() => read(decisions.undo.$post({ param, query: { actionId: String(actionId) } }))).finally(renew),
  });
  queues.set(projectId, queue);
  return queue;
}
