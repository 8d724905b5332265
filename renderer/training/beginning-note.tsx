/** What the networks of the recipe begin from; where that is nothing, what a first file would be worth. */
import { Alert, Text } from '@mantine/core';
import type { RecipeView } from '../../main/api/contract.ts';

export function BeginningNote({ beginning }: { readonly beginning: RecipeView['beginning'] }) {
  if (beginning.kind === 'brought') return <Text size="sm">{beginning.sentence}</Text>;
  return (
    <Alert color="blue" role="note">
      {beginning.sentence}
    </Alert>
  );
}
