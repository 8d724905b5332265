/** The requests of the collection screen. */

import { useMutation, useQuery } from '@tanstack/react-query';
import type { ImageQuery, ManifestColumns, SourceUse } from '../../main/api/contract.ts';
import { api, read } from '../client.ts';

const project = api.projects[':project'];

export function useCollection(projectId: string) {
  return useQuery({
    queryKey: ['project', projectId, 'collection', 'summary'],
    queryFn: () => read(project.collection.$get({ param: { project: projectId } })),
  });
}

export interface NewSource extends SourceUse {
  readonly folder: string;
  readonly columns?: ManifestColumns;
}

/** The contents of a list of images, to determine the meaning of its columns. */
export function useList(projectId: string, file: string | null) {
  return useQuery({
    queryKey: ['project', projectId, 'list', file],
    queryFn: () => read(project.lists.$get({ param: { project: projectId }, query: { file: file ?? '' } })),
    enabled: file !== null,
    staleTime: 0,
    retry: false,
  });
}

export function useAddSource(projectId: string) {
  return useMutation({
    mutationFn: (source: NewSource) => read(project.sources.$post({ param: { project: projectId }, json: source })),
  });
}

export type SourceAct =
  | { readonly act: 'rescan' | 'remove'; readonly sourceId: number }
  | { readonly act: 'move'; readonly sourceId: number; readonly folder: string };

export function useSourceAct(projectId: string) {
  return useMutation({
    mutationFn: async (act: SourceAct): Promise<void> => {
      const param = { project: projectId, source: String(act.sourceId) };
      if (act.act === 'move')
        await read(project.sources[':source'].move.$post({ param, json: { folder: act.folder } }));
      else if (act.act === 'rescan') await read(project.sources[':source'].rescan.$post({ param }));
      else await read(project.sources[':source'].remove.$post({ param }));
    },
  });
}

export interface ClassChange {
  readonly classId: number;
  readonly name?: string;
  readonly colour?: string;
  readonly key?: string | null;
}

export function useClassActs(projectId: string) {
  const create = useMutation({
    mutationFn: (name: string) => read(project.classes.$post({ param: { project: projectId }, json: { name } })),
  });
  const change = useMutation({
    mutationFn: ({ classId, ...json }: ClassChange) =>
      read(project.classes[':class'].$post({ param: { project: projectId, class: String(classId) }, json })),
  });
  const merge = useMutation({
    mutationFn: ({ classId, intoClassId }: { readonly classId: number; readonly intoClassId: number }) =>
      read(
        project.classes[':class'].merge.$post({
          param: { project: projectId, class: String(classId) },
          json: { intoClassId },
        }),
      ),
  });
  return { create, change, merge };
}

export function useProblems(projectId: string, limit: number) {
  return useQuery({
    queryKey: ['project', projectId, 'collection', 'problems', limit],
    queryFn: () => read(project.problems.$get({ param: { project: projectId }, query: { limit: String(limit) } })),
  });
}

/** How often to check whether the comparison of features is done. */
const COMPARING_MS = 2000;

export function useDuplicates(projectId: string, limit: number) {
  return useQuery({
    queryKey: ['project', projectId, 'collection', 'duplicates', limit],
    refetchInterval: ({ state }) => (state.data?.comparing === true ? COMPARING_MS : false),
    queryFn: () => read(project.duplicates.$get({ param: { project: projectId }, query: { limit: String(limit) } })),
  });
}

export function useImages(projectId: string, query: ImageQuery, offset: number, limit: number) {
  return useQuery({
    queryKey: ['project', projectId, 'collection', 'images', query, offset, limit],
    queryFn: () =>
      read(
        project.images.$get({
          param: { project: projectId },
          query: { ...imageQueryText(query), offset: String(offset), limit: String(limit) },
        }),
      ),
    placeholderData: (previous) => previous,
  });
}

/** As a URL query. */
export function imageQueryText({ part, search, classId, sourceId }: ImageQuery) {
  return {
    ...(part === undefined ? {} : { part }),
    ...(search ? { search } : {}),
    ...(classId === undefined ? {} : { classId: String(classId) }),
    ...(sourceId === undefined ? {} : { sourceId: String(sourceId) }),
  };
}
