/** The first results of a classification, with their pictures. */
import { Table, Text, Title } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { api, read } from '../../client.ts';
import { QueryState } from '../../components/state-message.tsx';
import { formatPercent } from '../../format.ts';
import { text } from '../../text/en.ts';

const words = text.use;
const SHOWN = 100;
const PICTURE_PX = 56;

interface ClassifiedTableProps {
  readonly projectId: string;
  readonly classificationId: string;
  readonly title: string;
}

export function ClassifiedTable({ projectId, classificationId, title }: ClassifiedTableProps) {
  const results = useQuery({
    queryKey: ['classification', projectId, classificationId],
    queryFn: () =>
      read(
        api.projects[':project'].classifications[':classification'].$get({
          param: { project: projectId, classification: classificationId },
          query: { limit: String(SHOWN) },
        }),
      ),
  });
  return (
    <section>
      <Title order={2}>{title}</Title>
      <QueryState query={results}>
        {({ total, images }) => (
          <>
            <Text c="dimmed">{words.classified(total)}</Text>
            <Table>
              <Table.Thead>
                <Table.Tr>
                  <Table.Th>{words.results}</Table.Th>
                  <Table.Th>{words.columns.path}</Table.Th>
                  <Table.Th>{words.columns.class}</Table.Th>
                  <Table.Th>{words.columns.probability}</Table.Th>
                </Table.Tr>
              </Table.Thead>
              <Table.Tbody>
                {images.map(({ place, path, top, unreadable }) => (
                  <Table.Tr key={place}>
                    <Table.Td>
                      <img
                        alt=""
                        width={PICTURE_PX}
                        height={PICTURE_PX}
                        loading="lazy"
                        style={{ objectFit: 'cover' }}
                        src={`/api/projects/${projectId}/classifications/${classificationId}/thumbnails/${place}`}
                      />
                    </Table.Td>
                    <Table.Td style={{ overflowWrap: 'anywhere' }}>{path}</Table.Td>
                    <Table.Td>{unreadable ?? top[0]?.className}</Table.Td>
                    <Table.Td>{top[0] && formatPercent(top[0].probability)}</Table.Td>
                  </Table.Tr>
                ))}
              </Table.Tbody>
            </Table>
          </>
        )}
      </QueryState>
    </section>
  );
}
