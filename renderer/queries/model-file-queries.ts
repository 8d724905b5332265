/** Model files that all projects share: the available files, the file behind an address, and downloads. */
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { api, read } from '../client.ts';
import { useJobsAfter } from './job-queries.ts';

const MODELS = ['models'];

/** Fetched each time: files appear and disappear outside the workbench. */
export function useModels() {
  return useQuery({ queryKey: MODELS, queryFn: () => read(api.models.$get()), staleTime: 0 });
}

export function useChooseModelsFolder() {
  const client = useQueryClient();
  return useMutation({
    mutationFn: (folder: string) => read(api.models.folder.$post({ json: { folder } })),
    onSuccess: (view) => client.setQueryData(MODELS, view),
  });
}

export function useLookAtAddress() {
  return useMutation({ mutationFn: (address: string) => read(api.models.look.$post({ json: { address } })) });
}

export function useDownload(projectId: string) {
  return useMutation({
    mutationFn: (address: string) =>
      read(api.projects[':project'].models.download.$post({ param: { project: projectId }, json: { address } })),
    ...useJobsAfter(),
  });
}
