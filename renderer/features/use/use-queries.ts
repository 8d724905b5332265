/** The screen's requests: classifying folders and files, exporting, and earlier classifications. */
import { useMutation, useQuery } from '@tanstack/react-query';
import type { ClientResponse } from 'hono/client';
import type { ExportFormat, Job } from '../../../main/api/contract.ts';
import { api, Failure, read } from '../../client.ts';
import { useJobsAfter } from '../../queries/job-queries.ts';
import { text } from '../../text/en.ts';
import { MOST_FILES } from './dropped-files.ts';

const project = api.projects[':project'];

export function useClassifyFolder(projectId: string) {
  return useMutation({
    mutationFn: ({ runId, folder }: { readonly runId: string; readonly folder: string }) =>
      read(
        project.runs[':run']['classify-folder'].$post({ param: { project: projectId, run: runId }, json: { folder } }),
      ),
    ...useJobsAfter(),
  });
}

export function useClassifyFiles(projectId: string) {
  return useMutation({
    mutationFn: async ({ runId, files }: { readonly runId: string; readonly files: readonly File[] }) => {
      if (files.length === 0) throw new Failure('WrongUsage', text.use.noFiles, true);
      if (files.length > MOST_FILES) {
        throw new Failure('WrongUsage', text.use.tooMany(files.length, MOST_FILES), true);
      }
      const form = new FormData();
      for (const file of files) form.append('image', file, file.name);
      const url = project.runs[':run']['classify-images'].$url({ param: { project: projectId, run: runId } });
      return await read<Job>(fetch(url, { method: 'POST', body: form }) as Promise<ClientResponse<Job>>);
    },
    ...useJobsAfter(),
  });
}

export function useExport(projectId: string) {
  return useMutation({
    mutationFn: ({
      runId,
      format,
      folder,
    }: {
      readonly runId: string;
      readonly format: ExportFormat;
      readonly folder: string;
    }) =>
      read(project.runs[':run'].export.$post({ param: { project: projectId, run: runId }, json: { folder, format } })),
    ...useJobsAfter(),
  });
}

/** `finished`: how many are known to have ended, so that a new one is noticed. */
export function useClassifications(projectId: string, finished: number) {
  return useQuery({
    queryKey: ['project', projectId, 'classifications', finished],
    queryFn: () => read(project.classifications.$get({ param: { project: projectId } })),
    placeholderData: (previous) => previous,
  });
}
