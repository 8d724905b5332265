/** Images that brought eyes see as the nearest to a picture, the nearest first, each with how near it is. */
import { Group, Stack, Text, UnstyledButton } from '@mantine/core';
import type { SimilarImage } from '../../main/api/contract.ts';
import { text } from '../text/en.ts';
import { Thumbnail } from './thumbnail.tsx';

const words = text.similar;
const TILE_PX = 88;

interface SimilarImagesProps {
  readonly projectId: string;
  readonly images: readonly SimilarImage[];
  /** What choosing one does; they are shown alone where nothing is said. */
  readonly onImage?: (imageId: number) => void;
}

export function SimilarImages({ projectId, images, onImage }: SimilarImagesProps) {
  if (images.length === 0) return <Text c="dimmed">{words.none}</Text>;
  return (
    <Group gap="xs" role="list" aria-label={words.list}>
      {images.map(({ imageId, path, cosine }) => {
        const picture = <Thumbnail projectId={projectId} imageId={imageId} boxPx={TILE_PX} alt={path} />;
        return (
          <Stack key={imageId} gap={2} role="listitem" align="center">
            {onImage ? (
              <UnstyledButton title={path} onClick={() => onImage(imageId)}>
                {picture}
              </UnstyledButton>
            ) : (
              <span title={path}>{picture}</span>
            )}
            <Text size="xs" c="dimmed">
              {words.cosine(cosine)}
            </Text>
          </Stack>
        );
      })}
    </Group>
  );
}
