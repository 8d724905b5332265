/**
 * What corrected labels changed: this comparison against the previous one, in labels, accuracy, classes and selected images.
 */
import { Button, Group, NativeSelect, SegmentedControl, Stack, Table, Text, Title } from '@mantine/core';
import { useState } from 'react';
import type { ChangedImageWindow, SelectionChange, WhatChanged } from '../../../main/api/contract.ts';
import { at } from '../../../main/at.ts';
import { api } from '../../client.ts';
import { scaled } from '../../components/look-scale.ts';
import { PagedGrid } from '../../components/paged-grid.tsx';
import { QueryState } from '../../components/state-message.tsx';
import { usePages } from '../../components/use-pages.ts';
import { VirtualTable } from '../../components/virtual-table.tsx';
import { formatCount } from '../../format.ts';
import { Picture } from '../../images/picture.tsx';
import { Thumbnail } from '../../images/thumbnail.tsx';
import { usePicturesAhead } from '../../images/use-pictures-ahead.ts';
import { useCollection } from '../../queries/collection-queries.ts';
import { pairQuery, useChanges } from '../../queries/correction-queries.ts';
import { text } from '../../text/en.ts';

const words = text.correcting.changes;
const { models, columns } = text.compare;
const TILE_PX = 96;
const LABEL_PX = 88;
const ROW_PX = 33;
const TALLEST_PX = 320;
const FEW_LABELS = 12;

interface ChangesProps {
  readonly projectId: string;
  readonly before: string;
  readonly after: string;
}

type NameOf = (classId: number) => string;

export function Changes({ projectId, before, after }: ChangesProps) {
  const changes = useChanges(projectId, { before, after });
  const { data: collection } = useCollection(projectId);
  const names = new Map(collection?.classes.map(({ id, name }) => [id, name]));
  const nameOf: NameOf = (classId) => names.get(classId) ?? String(classId);
  return (
    <section aria-labelledby="what-changed">
      <Title order={2} id="what-changed">
        {words.heading}
      </Title>
      <Text size="sm" c="dimmed">
        {words.lead}
      </Text>
      <QueryState query={changes}>
        {(changed) => (
          <Stack gap="sm" mt="xs">
            <Accuracies changed={changed} />
            <Labels projectId={projectId} labels={changed.labels} nameOf={nameOf} />
            <Text size="sm">
              {words.selection(changed.selection.entered, changed.selection.left, changed.selection.stayed)}
            </Text>
            <Classes classes={changed.classes} />
            <Images projectId={projectId} pair={{ before, after }} changed={changed} nameOf={nameOf} />
          </Stack>
        )}
      </QueryState>
    </section>
  );
}

function Accuracies({ changed }: { readonly changed: WhatChanged }) {
  return (
    <Table.ScrollContainer
      minWidth={640}
      scrollAreaProps={{ viewportProps: { tabIndex: 0, 'aria-label': words.heading } }}
    >
      <Table aria-label={words.heading}>
        <Table.Thead>
          <Table.Tr>
            {[columns.model, words.columns.before, words.columns.after, words.columns.difference].map((name) => (
              <Table.Th key={name} scope="col">
                {name}
              </Table.Th>
            ))}
          </Table.Tr>
        </Table.Thead>
        <Table.Tbody>
          {changed.models.map(({ model, before, after, difference }) => (
            <Table.Tr key={model}>
              <Table.Th scope="row">{models[model]}</Table.Th>
              <Table.Td>{words.accuracy(before.accuracy, before.interval)}</Table.Td>
              <Table.Td>{words.accuracy(after.accuracy, after.interval)}</Table.Td>
              <Table.Td>{text.compare.difference(difference.difference, difference.interval)}</Table.Td>
            </Table.Tr>
          ))}
        </Table.Tbody>
      </Table>
    </Table.ScrollContainer>
  );
}

interface LabelsProps {
  readonly projectId: string;
  readonly labels: WhatChanged['labels'];
  readonly nameOf: NameOf;
}

function Labels({ projectId, labels, nameOf }: LabelsProps) {
  const [all, setAll] = useState(false);
  const shown = all ? labels.images : labels.images.slice(0, FEW_LABELS);
  const named = (classId: number | null) => (classId === null ? null : nameOf(classId));
  return (
    <div>
      <Text size="sm">{labels.total === 0 ? words.noLabels : words.labels(labels.total)}</Text>
      <Group gap="sm" mt={4} align="flex-start">
        {shown.map(({ imageId, path, before, after, heldOut }) => (
          <figure key={imageId} title={path} style={{ margin: 0, width: scaled(LABEL_PX) }}>
            <Thumbnail projectId={projectId} imageId={imageId} boxPx={LABEL_PX} alt={path} />
            <Text component="figcaption" size="xs" style={{ overflowWrap: 'anywhere' }}>
              {words.from(named(before), named(after))}
              {heldOut && ` (${words.heldOut})`}
            </Text>
          </figure>
        ))}
      </Group>
      {shown.length < labels.images.length && (
        <Button size="compact-sm" variant="default" mt="xs" onClick={() => setAll(true)}>
          {text.ranks.changes.more}
        </Button>
      )}
      {all && labels.images.length < labels.total && (
        <Text size="sm" c="dimmed">
          {words.labelsShown(labels.images.length)}
        </Text>
      )}
    </div>
  );
}

function Classes({ classes }: { readonly classes: WhatChanged['classes'] }) {
  if (classes.length === 0) return <Text size="sm">{words.noClasses}</Text>;
  const head = [text.compare.class, words.entered, words.left, words.gained, words.lost, text.compare.images];
  return (
    <VirtualTable
      aria-label={words.classes}
      columns={head.length}
      total={classes.length}
      rowPx={ROW_PX}
      mostPx={TALLEST_PX}
      minWidthPx={520}
      head={head.map((name) => (
        <Table.Th key={name} scope="col">
          {name}
        </Table.Th>
      ))}
      renderRow={(place, { height }) => {
        const { classId, name, entered, left, gained, lost, images } = at(classes, place);
        return (
          <Table.Tr key={classId} h={height}>
            <Table.Th scope="row">{name}</Table.Th>
            <Table.Td>{formatCount(entered)}</Table.Td>
            <Table.Td>{formatCount(left)}</Table.Td>
            <Table.Td>{formatCount(gained)}</Table.Td>
            <Table.Td>{formatCount(lost)}</Table.Td>
            <Table.Td>{words.of(images)}</Table.Td>
          </Table.Tr>
        );
      }}
    />
  );
}

interface ImagesProps {
  readonly projectId: string;
  readonly pair: { readonly before: string; readonly after: string };
  readonly changed: WhatChanged;
  readonly nameOf: NameOf;
}

const EVERY = '';

function Images({ projectId, pair, changed: { selection, classes }, nameOf }: ImagesProps) {
  const [change, setChange] = useState<SelectionChange>(selection.entered > 0 ? 'entered' : 'left');
  const [chosen, setChosen] = useState(EVERY);
  const pages = usePages<ChangedImageWindow['images'][number]>(
    ['project', projectId, 'runs', 'changed-images', pair, change, chosen],
    ({ offset, limit }, init) =>
      api.projects[':project'].changes.images.$get(
        {
          param: { project: projectId },
          query: {
            ...pairQuery(pair),
            ...{ change, offset: String(offset), limit: String(limit) },
            ...(chosen === EVERY ? {} : { class: chosen }),
          },
        },
        init,
      ),
  );
  const ahead = usePicturesAhead(projectId, TILE_PX, (index) => pages.itemAt(index)?.imageId);
  if (selection.entered + selection.left === 0) return null;
  const touched = classes.filter(({ entered, left }) => entered + left > 0);
  return (
    <>
      <Group align="flex-end">
        <SegmentedControl
          aria-label={words.look}
          value={change}
          onChange={(value) => setChange(value as SelectionChange)}
          data={(['entered', 'left'] as const).map((value) => ({ value, label: words.looks[value] }))}
        />
        <NativeSelect
          w={260}
          label={words.ofClass}
          value={chosen}
          onChange={({ currentTarget }) => setChosen(currentTarget.value)}
          data={[
            { value: EVERY, label: words.allClasses },
            ...touched.slice(0, 500).map(({ classId, name }) => ({ value: String(classId), label: name })),
          ]}
        />
      </Group>
      <PagedGrid
        label={words.looks[change]}
        pages={pages}
        onVisible={ahead}
        tilePx={TILE_PX}
        found={text.compare.found}
        captionOf={({ classId }) => nameOf(classId)}
        renderPicture={({ imageId }) => <Picture projectId={projectId} imageId={imageId} boxPx={TILE_PX} alt="" />}
      />
    </>
  );
}
