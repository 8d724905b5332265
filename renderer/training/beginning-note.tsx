/** What the networks of the recipe begin from; where that is nothing, what a first file would be worth. */
import { Alert, Button, Group, Text } from '@mantine/core';
import type { RecipeView } from '../../main/api/contract.ts';
import { text } from '../text/en.ts';

interface BeginningNoteProps {
  readonly beginning: RecipeView['beginning'];
  readonly onFind: () => void;
}

export function BeginningNote({ beginning, onFind }: BeginningNoteProps) {
  if (beginning.kind === 'brought') return <Text size="sm">{beginning.sentence}</Text>;
  return (
    <Alert color="blue" role="note">
      {beginning.sentence}
      <Group mt="sm">
        <Button variant="default" size="xs" onClick={onFind}>
          {text.training.bring.findFile}
        </Button>
      </Group>
    </Alert>
  );
}
