/** Giving and taking labels, and taking acts back. */
import { useMutation, useQueryClient } from '@tanstack/react-query';
import type { DecisionHistory, DecisionTarget } from '../../../main/api/contract.ts';
import { api, read } from '../../client.ts';
import { inJson, inTurn } from '../ranks/use-decisions.ts';

const { decisions } = api.projects[':project'];

export interface LabelAct {
  readonly decision: 'label' | 'clearLabel';
  readonly classId: number;
  readonly target: DecisionTarget;
}

export function useLabelActs(projectId: string) {
  const queries = useQueryClient();
  const param = { project: projectId };
  const onSuccess = (history: DecisionHistory) =>
    queries.setQueryData(['project', projectId, 'decisions', 'history'], history);
  const scope = inTurn(projectId);
  const label = useMutation({
    scope,
    mutationFn: ({ decision, classId, target }: LabelAct) =>
      read(decisions.$post({ param, json: inJson(decision, classId, target) })),
    onSuccess: () => queries.invalidateQueries({ queryKey: ['project', projectId, 'decisions', 'history'] }),
  });
  const undo = useMutation({ scope, mutationFn: () => read(decisions.undo.$post({ param })), onSuccess });
  const redo = useMutation({ scope, mutationFn: () => read(decisions.redo.$post({ param })), onSuccess });
  return { label, undo, redo };
}
