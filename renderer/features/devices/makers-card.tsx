/** What a person with a GPU of each maker gets, and how far that has been measured. */
import { Card, Stack, Text, Title } from '@mantine/core';
import { text } from '../../text/en.ts';

export function MakersCard() {
  const { title, each } = text.shell.devices.makers;
  return (
    <Card withBorder>
      <Stack gap="xs">
        <Title order={2}>{title}</Title>
        {each.map(({ maker, gets, measured }) => (
          <div key={maker}>
            <Text>
              <b>{maker}</b>: {gets}
            </Text>
            <Text size="sm" c="dimmed">
              {measured}
            </Text>
          </div>
        ))}
      </Stack>
    </Card>
  );
}
