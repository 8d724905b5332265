/** Which images are similar to a picture: one of the project, or one from outside. */
import { useMutation, useQuery } from '@tanstack/react-query';
import type { ClientResponse } from 'hono/client';
import type { SimilarImage } from '../../main/api/contract.ts';
import { api, read } from '../client.ts';

const project = api.projects[':project'];
const COUNT = '24';

/** Not fetched while `imageId` is null. */
export function useSimilarImages(projectId: string, imageId: number | null) {
  return useQuery({
    queryKey: ['project', projectId, 'ranks', 'similar', imageId],
    queryFn: () =>
      read(
        project.images[':image'].similar.$get({
          param: { project: projectId, image: String(imageId) },
          query: { count: COUNT },
        }),
      ),
    enabled: imageId !== null,
    retry: false,
  });
}

export function useSimilarToFile(projectId: string) {
  return useMutation({
    mutationFn: async (file: File) => {
      const form = new FormData();
      form.append('image', file, file.name);
      const url = project.similar.$url({ param: { project: projectId }, query: { count: COUNT } });
      return await read<SimilarImage[]>(
        fetch(url, { method: 'POST', body: form }) as Promise<ClientResponse<SimilarImage[]>>,
      );
    },
  });
}
