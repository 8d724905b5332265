/** The head of a training screen: its title, one sentence, and the next step. */
import { Group, Stack, Text, Title } from '@mantine/core';
import type { ReactNode } from 'react';

interface ViewFrameProps {
  readonly title: string;
  readonly lead: string;
  readonly actions?: ReactNode;
  readonly children: ReactNode;
}

export function ViewFrame({ title, lead, actions, children }: ViewFrameProps) {
  return (
    <Stack gap="lg" p={{ base: 'md', md: 'xl' }} maw={1500} mx="auto" w="100%">
      <Group justify="space-between" align="flex-end" gap="md">
        <div>
          <Title order={1} size="h2">
            {title}
          </Title>
          <Text c="dimmed" maw={720}>
            {lead}
          </Text>
        </div>
        <Group gap="sm" miw={0} maw="100%">
          {actions}
        </Group>
      </Group>
      {children}
    </Stack>
  );
}
