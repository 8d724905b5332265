/** In the recipe's form in place of the model: the brought weights that the training begins from, and the way back. */
import { Anchor, Input, Text } from '@mantine/core';
import { text } from '../text/en.ts';

interface BegunFromProps {
  readonly label: string;
  readonly file: string;
  /** What becomes of its classifier. */
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
