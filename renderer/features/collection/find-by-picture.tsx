/**
 * A picture from outside, chosen or dropped, and the images of the collection that are most similar to it by a brought
 * network's features.
 */
import { Button, Card, FileButton, Group, Stack, Text, Title } from '@mantine/core';
import { FailureState, LoadingState } from '../../components/state-message.tsx';
import { SimilarImages } from '../../images/similar-images.tsx';
import { useLearning } from '../../queries/run-queries.ts';
import { useSimilarToFile } from '../../queries/similar-queries.ts';
import { text } from '../../text/en.ts';

const words = text.similar;

/** Renders nothing in a project without eyes. */
export function FindByPicture({ projectId }: { readonly projectId: string }) {
  const { data: learning } = useLearning(projectId);
  const found = useSimilarToFile(projectId);
  if (!learning?.eyes) return null;
  const look = (file: File | null | undefined) => file && found.mutate(file);
  return (
    <Card
      withBorder
      component="section"
      aria-labelledby="find-by-picture"
      onDragOver={(event) => event.dataTransfer.types.includes('Files') && event.preventDefault()}
      onDrop={(event) => {
        event.preventDefault();
        look(event.dataTransfer.files[0]);
      }}
    >
      <Stack gap="sm">
        <Title order={2} id="find-by-picture">
          {words.find}
        </Title>
        <Group gap="sm">
          <FileButton accept="image/*" onChange={look}>
            {(props) => (
              <Button {...props} size="xs" variant="default" loading={found.isPending}>
                {words.choose}
              </Button>
            )}
          </FileButton>
          <Text size="sm" c="dimmed">
            {found.variables ? words.nearestTo(found.variables.name) : words.lead}
          </Text>
        </Group>
        {found.isPending && <LoadingState />}
        {found.error && <FailureState error={found.error} />}
        {found.data && <SimilarImages projectId={projectId} images={found.data} />}
      </Stack>
    </Card>
  );
}
