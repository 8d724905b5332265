/** Groups of near-copies; those that repeat a held-out image are marked, since they would leak the answer. */
import { Badge, Group, Stack, Text, Title } from '@mantine/core';
import { QueryState } from '../../components/state-message.tsx';
import { Thumbnail } from '../../images/thumbnail.tsx';
import { useDuplicates } from '../../queries/collection-queries.ts';
import { text } from '../../text/en.ts';

const words = text.shell.collection;
const GROUPS = 6;
const IMAGES_OF_A_GROUP = 8;
const TILE_PX = 96;

export function Duplicates({ projectId }: { readonly projectId: string }) {
  const duplicates = useDuplicates(projectId, GROUPS);
  return (
    <section aria-labelledby="duplicates">
      <Title order={2} id="duplicates">
        {words.duplicates}
      </Title>
      <QueryState query={duplicates}>
        {({ known, share, comparing, total, groups }) => (
          <Stack gap="sm">
            {!known && <Text c="dimmed">{words.duplicatesUnknown}</Text>}
            {known && share === null && total === 0 && <Text c="dimmed">{words.noDuplicates}</Text>}
            {share !== null && <Text c="dimmed">{words.comparingPixels(share)}</Text>}
            {share === null && comparing && <Text c="dimmed">{words.comparing}</Text>}
            {groups.map(({ imageIds, leak, by }) => (
              <Group key={imageIds[0]} gap="xs">
                {imageIds.slice(0, IMAGES_OF_A_GROUP).map((imageId) => (
                  <Thumbnail key={imageId} projectId={projectId} imageId={imageId} boxPx={TILE_PX} alt="" />
                ))}
                <Text size="sm">{words.group(imageIds.length)}</Text>
                {by === 'eyes' && (
                  <Badge variant="outline" title={words.seenAlikeMeaning}>
                    {words.seenAlike}
                  </Badge>
                )}
                {leak && (
                  <Badge color="var(--bad)" variant="outline">
                    {words.leak}
                  </Badge>
                )}
              </Group>
            ))}
            {total > groups.length && <Text c="dimmed">{words.more(total - groups.length)}</Text>}
          </Stack>
        )}
      </QueryState>
    </section>
  );
}
