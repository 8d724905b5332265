/** Shown in place of content: loading, nothing there yet and what to do, or what went wrong. */
import { Alert, Button, Center, Group, Loader, Stack, Text } from '@mantine/core';
import type { ReactNode } from 'react';
import { Failure } from '../client.ts';
import { text } from '../text/en.ts';

export function LoadingState() {
  return (
    <Center p="xl" role="status" aria-label={text.shell.loading}>
      <Loader color="gray" type="dots" />
    </Center>
  );
}

export function EmptyState({ message, action }: { readonly message: string; readonly action?: ReactNode }) {
  return (
    <Center p="xl">
      <Stack align="center" gap="md" maw={480}>
        <Text c="dimmed" ta="center">
          {message}
        </Text>
        {action}
      </Stack>
    </Center>
  );
}

export function FailureState({ error, retry }: { readonly error: Error; readonly retry?: () => void }) {
  const expected = error instanceof Failure && error.expected;
  return (
    <Alert
      color={expected ? 'orange' : 'red'}
      title={expected ? text.shell.failure : text.shell.bug}
      role="alert"
      styles={{ title: { color: 'var(--ink)' } }}
    >
      <Group justify="space-between" align="flex-end">
        <Text size="sm">{error.message}</Text>
        {retry && (
          <Button variant="default" size="xs" onClick={retry}>
            {text.shell.tryAgain}
          </Button>
        )}
      </Group>
    </Alert>
  );
}

/** The three usual states of a query: loading, failed, or its content. */
export function QueryState<T>({
  query,
  children,
}: {
  readonly query: { readonly data: T | undefined; readonly error: Error | null; refetch(): unknown };
  readonly children: (data: T) => ReactNode;
}) {
  if (query.data !== undefined) return children(query.data);
  if (query.error) return <FailureState error={query.error} retry={() => query.refetch()} />;
  return <LoadingState />;
}
