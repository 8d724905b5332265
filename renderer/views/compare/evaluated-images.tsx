/** Held-out images that a question about the models brings up. */
import { Group, Stack, Text } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import type { EvaluatedModel, EvaluationQuery, EvaluationView } from '../../../main/api/contract.ts';
import { api, read } from '../../client.ts';
import { QueryState } from '../../components/state-message.tsx';
import { Thumbnail } from '../../components/thumbnail.tsx';
import { text } from '../../text/en.ts';

const words = text.compare;
const SHOWN = 60;
const TILE_PX = 104;

interface EvaluatedImagesProps {
  readonly projectId: string;
  readonly view: EvaluationView;
  readonly query: EvaluationQuery;
  readonly model: EvaluatedModel;
}

export function EvaluatedImages({ projectId, view, query, model }: EvaluatedImagesProps) {
  const images = useQuery({
    queryKey: ['project', projectId, 'runs', 'evaluated-images', view.runId, query],
    queryFn: () =>
      read(
        api.projects[':project'].evaluations[':run'].images.$post({
          param: { project: projectId, run: view.runId },
          json: { query, limit: SHOWN },
        }),
      ),
  });
  return (
    <QueryState query={images}>
      {(found) => (
        <>
          <Text c="dimmed" role="status">
            {words.found(found.total)}
          </Text>
          <Group gap="sm">
            {found.images.map(({ imageId, trueClass, predictions }) => {
              const said = predictions.find((one) => one.model === model) ?? predictions[0];
              const caption = words.tile(
                view.classNames[trueClass] ?? '',
                view.classNames[said?.predictedClass ?? 0] ?? '',
              );
              return (
                <Stack key={imageId} gap={2} w={TILE_PX}>
                  <Thumbnail projectId={projectId} imageId={imageId} boxPx={TILE_PX} alt={caption} />
                  <Text size="xs">{caption}</Text>
                </Stack>
              );
            })}
          </Group>
        </>
      )}
    </QueryState>
  );
}
