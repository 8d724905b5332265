/** In place of the model in the recipe's form: the brought weights that training starts from, and how to undo that. */
import { Anchor, Input, Text } from '@mantine/core';
import { text } from '../text/en.ts';

interface BegunFromProps {
  readonly label: string;
  readonly file: string;
  /** What happens to its classifier. */
  readonly because: string;
  readonly onLeave: () => void;
}

export function BegunFrom({ label, file, because, onLeave }: BegunFromProps) {
  const words = text.training.bring;
  return (
    <Input.Wrapper label={label} description={because} labelElement="div">
      <Text size="sm" mt={4} style={{ overflowWrap: 'anywhere' }}>
        {words.begins(file)}
      </Text>
      <Anchor component="button" type="button" size="sm" onClick={onLeave}>
        {words.leave}
      </Anchor>
    </Input.Wrapper>
  );
}
