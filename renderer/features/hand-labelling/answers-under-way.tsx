/** Labels that are being saved, and those that could not be: which image, which class, and why. */
import { Alert, Button, Group, List, Text } from '@mantine/core';
import { type GivenAnswer, isOnItsWay } from '../../acts/answer-queue.ts';
import { text } from '../../text/en.ts';
import type { HandLabel, HandLabelQueue } from './hand-labels.ts';

const words = text.handLabelling;
const MOST_NAMED = 5;

interface AnswersUnderWayProps {
  readonly queue: HandLabelQueue;
  readonly given: readonly GivenAnswer<HandLabel>[];
}

export function AnswersUnderWay({ queue, given }: AnswersUnderWayProps) {
  const onTheirWay = given.filter(isOnItsWay).length;
  const failed = given.filter(({ error }) => error !== null);
  const canTryAgain = failed.some(({ state }) => state === 'failed');
  return (
    <>
      <Text size="xs" c="dimmed" role="status" aria-label={words.saving}>
        {onTheirWay === 0 ? words.allSaved : words.onTheirWay(onTheirWay)}
      </Text>
      {failed.length > 0 && (
        <Alert
          color="orange"
          role="alert"
          title={words.notKept(failed.length)}
          styles={{ title: { color: 'var(--ink)' } }}
        >
          <List size="sm" style={{ overflowWrap: 'anywhere' }}>
            {failed.slice(0, MOST_NAMED).map(({ turn, answer, state, error }) => (
              <List.Item key={turn}>
                {(state === 'failed' ? words.failed : words.notTakenBack)(
                  answer.images,
                  answer.className,
                  error?.message ?? '',
                )}
              </List.Item>
            ))}
          </List>
          <Group justify="space-between" mt="xs">
            <Text size="sm">{failed.length > MOST_NAMED && words.andOthers(failed.length - MOST_NAMED)}</Text>
            {canTryAgain && (
              <Button size="xs" variant="default" onClick={() => queue.tryAgain()}>
                {text.shell.tryAgain}
              </Button>
            )}
          </Group>
        </Alert>
      )}
    </>
  );
}
