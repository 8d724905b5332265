/** The images most similar to a picture by a brought network's features, the most similar first, each with its similarity. */
import { Group, Stack, Text, UnstyledButton } from '@mantine/core';
import type { SimilarImage } from '../../main/api/contract.ts';
import { text } from '../text/en.ts';
import { Thumbnail } from './thumbnail.tsx';

const words = text.similar;
const TILE_PX = 88;

interface SimilarImagesProps {
  readonly projectId: string;
  readonly images: readonly SimilarImage[];
  /** Called when an image is chosen; without it, images are only shown. */
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
