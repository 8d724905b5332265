/** Correcting labels one by one, learning from them, and what that changed. */
import { useDebouncedValue } from '@mantine/hooks';
import { keepPreviousData, useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import type { ComparisonPair } from '../../main/api/contract.ts';
import { decisionsOf } from '../acts/sent-in-turn.ts';
import { api, read } from '../client.ts';
import { inJson, renewDecided, useDecisionHistory } from './decision-queries.ts';

const project = api.projects[':project'];
const RESTS_MS = 1000;

export interface LabelFix {
  readonly imageId: number;
  readonly classId: number;
  /** Where an image may have several classes, one of them is removed. */
  readonly decision?: 'label' | 'clearLabel';
}

/** The label of one image; `undo` undoes exactly that act, whatever was decided since. */
export function useFixLabel(projectId: string) {
  const client = useQueryClient();
  const settled = { scope: decisionsOf(projectId), onSettled: () => renewDecided(client, projectId, 1) };
  const fix = useMutation({
    ...settled,
    mutationFn: ({ imageId, classId, decision = 'label' }: LabelFix) =>
      read(
        project.decisions.$post({
          param: { project: projectId },
          json: inJson(decision, classId, { kind: 'images', imageIds: [imageId] }),
        }),
      ),
  });
  const undo = useMutation({
    ...settled,
    mutationFn: (actionId: number) =>
      read(project.decisions.undo.$post({ param: { project: projectId }, query: { actionId: String(actionId) } })),
  });
  return { fix, undo };
}

/** After decisions, once the person pauses: the work to repeat depends on the whole collection. */
export function useWorkAgain(projectId: string) {
  const { dataUpdatedAt } = useDecisionHistory(projectId);
  const [decided] = useDebouncedValue(dataUpdatedAt, RESTS_MS);
  return useQuery({
    queryKey: ['project', projectId, 'runs', 'again', decided],
    queryFn: ({ signal }) => read(project.again.$get({ param: { project: projectId } }, { init: { signal } })),
    placeholderData: keepPreviousData,
  });
}

export function useChanges(projectId: string, pair: ComparisonPair) {
  return useQuery({
    queryKey: ['project', projectId, 'runs', 'changes', pair],
    queryFn: ({ signal }) =>
      read(project.changes.$get({ param: { project: projectId }, query: pairQuery(pair) }, { init: { signal } })),
  });
}

export function useClassifiedImage(projectId: string, classificationId: string, place: number) {
  return useQuery({
    queryKey: ['project', projectId, 'collection', 'classified', classificationId, place],
    queryFn: ({ signal }) =>
      read(
        project.classifications[':classification'].images[':place'].$get(
          { param: { project: projectId, classification: classificationId, place: String(place) } },
          { init: { signal } },
        ),
      ),
  });
}

/** As a URL query. */
export function pairQuery({ before, after }: ComparisonPair): { before?: string; after?: string } {
  return { ...(before === undefined ? {} : { before }), ...(after === undefined ? {} : { after }) };
}
