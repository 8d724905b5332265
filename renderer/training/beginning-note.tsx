/** What the recipe's networks start from; if they start from random weights, how much a first file would gain. */
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
