/**
 * Decisions about ranked images: shown at once, and reverted with a notice if the workbench refuses; undo and redo of
 * everything.
 */
import { type QueryClient, useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import type { DecisionHistory, DecisionKind, DecisionTarget, RankedItem, RankWindow } from '../../main/api/contract.ts';
import { decisionsOf, notAnswered } from '../acts/sent-in-turn.ts';
import { api, read } from '../client.ts';
import { type ClassRankingRef, ranksKey, windowsKey } from './ranks-queries.ts';

const project = api.projects[':project'];

export interface RankedDecision {
  readonly decision: DecisionKind;
  /** The class of the decision: the ranking's for verdicts, the true one for labels. */
  readonly classId: number;
  readonly target: DecisionTarget;
  /** The name of the act until the workbench supplies its own. */
  readonly label: string;
}

const historyKey = (projectId: string) => ['project', projectId, 'decisions', 'history'] as const;

export function useDecisionHistory(projectId: string) {
  return useQuery({
    queryKey: historyKey(projectId),
    queryFn: ({ signal }) =>
      read(project.decisions.history.$get({ param: { project: projectId } }, { init: { signal } })),
  });
}

export function useDecide(ref: ClassRankingRef) {
  const client = useQueryClient();
  const { projectId } = ref;
  return useMutation({
    scope: decisionsOf(projectId),
    mutationFn: ({ decision, classId, target }: RankedDecision) =>
      read(project.decisions.$post({ param: { project: projectId }, json: inJson(decision, classId, target) })),
    onMutate: async (request: RankedDecision) => {
      const queryKey = windowsKey(ref);
      await client.cancelQueries({ queryKey });
      const before = client.getQueriesData<RankWindow>({ queryKey });
      client.setQueriesData<RankWindow>({ queryKey }, (window) => window && decided(window, request));
      await foresee(client, projectId, () => ({ undo: request.label, redo: null }));
      return { before };
    },
    onError: (_error, _request, context) => {
      for (const [key, data] of context?.before ?? []) client.setQueryData(key, data);
    },
    onSettled: () => renewDecided(client, projectId, 1),
  });
}

export function useUndo(projectId: string) {
  const client = useQueryClient();
  const onSettled = () => renewDecided(client, projectId, 1);
  const undo = useMutation({
    scope: decisionsOf(projectId),
    onMutate: () => foresee(client, projectId, ({ undo: last }) => ({ undo: last, redo: last })),
    mutationFn: () => read(project.decisions.undo.$post({ param: { project: projectId }, query: {} })),
    onSettled,
  });
  const redo = useMutation({
    scope: decisionsOf(projectId),
    mutationFn: () => read(project.decisions.redo.$post({ param: { project: projectId } })),
    onSettled,
  });
  return { undo, redo };
}

/** Keys come faster than answers: undo and redo become available at once. */
async function foresee(
  client: QueryClient,
  projectId: string,
  next: (history: DecisionHistory) => DecisionHistory,
): Promise<void> {
  const queryKey = historyKey(projectId);
  await client.cancelQueries({ queryKey });
  client.setQueryData<DecisionHistory>(queryKey, (known) => next(known ?? { undo: null, redo: null }));
}

/**
 * With the last answer of several, since the earlier ones do not include what the person already sees. `settling` count as not
 * answered.
 */
export async function renewDecided(client: QueryClient, projectId: string, settling: number): Promise<void> {
  if (notAnswered(client, decisionsOf(projectId)) > settling) return;
  await Promise.all([
    client.invalidateQueries({ queryKey: ranksKey(projectId) }),
    client.invalidateQueries({ queryKey: ['project', projectId, 'decisions'] }),
    client.invalidateQueries({ queryKey: ['project', projectId, 'collection'] }),
  ]);
}

/** The expected window, accurate enough until the workbench answers. */
export function decided(window: RankWindow, { decision, classId, target }: RankedDecision): RankWindow {
  return {
    ...window,
    items: window.items.map((item) =>
      isMeant(target, window.classId, item) ? changed(item, decision, classId, window) : item,
    ),
  };
}

function isMeant(target: DecisionTarget, classId: number, { imageId, rank }: RankedItem): boolean {
  if (target.kind === 'images') return target.imageIds.includes(imageId);
  if (target.kind !== 'ranks' || target.classId !== classId) return false;
  return [target, ...(target.further ?? [])].some(({ firstRank, lastRank }) => firstRank <= rank && rank <= lastRank);
}

/** An image has one class: a new decision withdraws contradicting ones. */
function changed(item: RankedItem, decision: DecisionKind, classId: number, window: RankWindow): RankedItem {
  const { labelledAs, verdict } = item;
  const aboveLine = item.rank <= window.cutRank && item.setAside === null;
  switch (decision) {
    case 'veto':
      return { ...item, verdict: 'veto', kept: false, labelledAs: labelledAs === classId ? null : labelledAs };
    case 'pin':
      return { ...item, verdict: 'pin', kept: true, labelledAs: labelledAs === classId ? labelledAs : null };
    case 'clearVerdict':
      return { ...item, verdict: null, kept: aboveLine };
    case 'label': {
      const against = classId === window.classId ? 'veto' : 'pin';
      return { ...item, labelledAs: classId, kept: false, verdict: verdict === against ? null : verdict };
    }
    case 'clearLabel':
      return { ...item, labelledAs: null, kept: aboveLine };
    default:
      decision satisfies never;
      return item;
  }
}

/** In the API's form. */
export function inJson(decision: DecisionKind, classId: number, target: DecisionTarget) {
  return { decision, classId, target: writable(target) };
}

/** A mutable copy for a request. */
export function writable(target: DecisionTarget) {
  if (target.kind === 'images') return { ...target, imageIds: [...target.imageIds] };
  if (target.kind === 'matching') return target;
  const { further, ...first } = target;
  return { ...first, ...(further ? { further: [...further] } : {}) };
}
