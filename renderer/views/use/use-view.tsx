/** The project's models as files, and how to use them. Classifying and exporting from this screen are not built yet: it says so. */
import { Code, Stack, Table, Text } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { api, read } from '../../client.ts';
import { EmptyState, QueryState } from '../../components/state-message.tsx';
import { ViewFrame } from '../../components/view-frame.tsx';
import { formatDate, formatPercent } from '../../format.ts';
import { text } from '../../text/en.ts';
import { newestFirst, useRuns } from '../../training/queries.ts';

const words = text.use;

export function UseView({ projectId }: { readonly projectId: string }) {
  const runs = useRuns(projectId);
  const { data: project } = useQuery({
    queryKey: ['project', projectId, 'name'],
    queryFn: () => read(api.projects[':project'].$get({ param: { project: projectId } })),
  });
  return (
    <ViewFrame title={words.title} lead={words.lead}>
      <QueryState query={runs}>
        {(all) => {
          const models = newestFirst(all.filter(({ hasModel }) => hasModel));
          const [newest] = models;
          if (!newest) return <EmptyState message={words.empty} />;
          return (
            <Stack gap="md">
              <Table>
                <Table.Tbody>
                  {models.map(({ id, stage, title, finishedAt, heldOutTop1 }) => (
                    <Table.Tr key={id}>
                      <Table.Th scope="row">{text.training.stages[stage]}</Table.Th>
                      <Table.Td>{title}</Table.Td>
                      <Table.Td>{heldOutTop1 === null ? '–' : formatPercent(heldOutTop1)}</Table.Td>
                      <Table.Td>{finishedAt && formatDate(finishedAt)}</Table.Td>
                      <Table.Td style={{ overflowWrap: 'anywhere' }}>
                        <Code>runs/{id}/model.safetensors</Code>
                      </Table.Td>
                    </Table.Tr>
                  ))}
                </Table.Tbody>
              </Table>
              <Text>{words.cli}</Text>
              <Code block tabIndex={0}>
                {words.command(project?.folder ?? '', newest.id)}
              </Code>
            </Stack>
          );
        }}
      </QueryState>
    </ViewFrame>
  );
}
