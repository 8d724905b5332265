/** The location of the model files that all projects share. */
import { Alert, Button, Card, Stack, Text, Title } from '@mantine/core';
import { useState } from 'react';
import { FolderPicker } from '../../components/folder-picker.tsx';
import { useChooseModelsFolder, useModels } from '../../queries/model-file-queries.ts';
import { text } from '../../text/en.ts';

export function ModelsCard() {
  const words = text.training.bring;
  const { data: view } = useModels();
  const choose = useChooseModelsFolder();
  const [choosing, setChoosing] = useState(false);
  if (!view) return null;
  return (
    <Card withBorder>
      <Stack gap="xs" align="flex-start">
        <Title order={2}>{words.folder}</Title>
        <Text>{words.folderLead}</Text>
        <Text style={{ overflowWrap: 'anywhere' }}>{view.folder}</Text>
        {view.away !== null && <Alert color="orange">{view.away}</Alert>}
        {choose.error && <Alert color="red">{choose.error.message}</Alert>}
        <Button variant="default" loading={choose.isPending} onClick={() => setChoosing(true)}>
          {words.otherFolder}
        </Button>
      </Stack>
      <FolderPicker
        opened={choosing}
        title={words.folder}
        choose="folder"
        onClose={() => setChoosing(false)}
        onChoose={(folder) => {
          setChoosing(false);
          choose.mutate(folder);
        }}
      />
    </Card>
  );
}
