/** The label of one image, and correcting it: a class suggested by a model with one press, any other by its name. */
import { Button, Group, Stack, Text, Title } from '@mantine/core';
import { IconArrowBackUp } from '@tabler/icons-react';
import { ClassPicker } from '../classes/class-picker.tsx';
import { joinedNames } from '../classes/joined-names.ts';
import { FailureState } from '../components/state-message.tsx';
import { useProject, Writes } from '../components/writing.tsx';
import { useCollection } from '../queries/collection-queries.ts';
import { useFixLabel } from '../queries/correction-queries.ts';
import { useImageDetail } from '../queries/ranks-queries.ts';
import { text } from '../text/en.ts';

const words = text.correcting;
const MOST_NAMED = 4;

interface FixLabelProps {
  readonly projectId: string;
  readonly imageId: number;
  /** Classes that models suggested, the likeliest first. */
  readonly named: readonly number[];
}

export function FixLabel({ projectId, imageId, named }: FixLabelProps) {
  const { data: collection } = useCollection(projectId);
  const { data: detail } = useImageDetail(projectId, imageId);
  const { fix, undo } = useFixLabel(projectId);
  const classes = collection?.classes ?? [];
  const nameOf = (classId: number) => classes.find(({ id }) => id === classId)?.name;
  const { data: project } = useProject(projectId);
  const several = project?.labels === 'several';
  const has = detail?.classIds ?? [];
  const offered = [...new Set(named)].filter((id) => !has.includes(id) && nameOf(id) !== undefined);
  const given = fix.data !== undefined && fix.variables?.imageId === imageId ? fix.data : undefined;
  const canUndo = given !== undefined && undo.data === undefined;
  const give = (classId: number) => {
    undo.reset();
    fix.mutate({ imageId, classId, ...(several && has.includes(classId) ? { decision: 'clearLabel' } : {}) });
  };
  const button = { size: 'xs', disabled: fix.isPending, style: { maxWidth: '100%' } } as const;
  return (
    <Stack gap="xs" component="section" aria-label={words.heading}>
      <Title order={3} size="h5">
        {words.heading}
      </Title>
      <Text size="sm" role="status">
        {labelText(detail, nameOf)} {undo.data !== undefined && words.undone}
      </Text>
      <Writes>
        <Group gap="xs">
          {offered.slice(0, MOST_NAMED).map((classId) => (
            <Button key={classId} variant="light" {...button} onClick={() => give(classId)}>
              {words.give(nameOf(classId) ?? '')}
            </Button>
          ))}
          {several &&
            has.map((classId) => (
              <Button key={`take ${classId}`} variant="default" {...button} onClick={() => give(classId)}>
                {words.take(nameOf(classId) ?? '')}
              </Button>
            ))}
          <ClassPicker label={words.another} classes={classes} disabled={fix.isPending} onPick={give} />
          {canUndo && (
            <Button
              size="xs"
              variant="subtle"
              leftSection={<IconArrowBackUp size={14} aria-hidden />}
              loading={undo.isPending}
              onClick={() => undo.mutate(given.actionId)}
            >
              {words.undo}
            </Button>
          )}
        </Group>
      </Writes>
      <Text size="xs" c="dimmed">
        {words.files}
      </Text>
      {fix.error && <FailureState error={fix.error} />}
      {undo.error && <FailureState error={undo.error} />}
    </Stack>
  );
}

function labelText(
  detail: { readonly classIds: readonly number[]; readonly labelSource: 'folder' | 'hand' | null } | undefined,
  nameOf: (classId: number) => string | undefined,
): string {
  if (!detail) return text.shell.loading;
  const names = joinedNames(detail.classIds.map((id) => nameOf(id) ?? ''));
  return names === null ? words.none : words.label[detail.labelSource ?? 'folder'](names);
}
