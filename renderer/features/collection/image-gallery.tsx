/** All images of the project, by part, class and path, in a grid of any length. */
import { Group, NativeSelect, Text, TextInput, Title } from '@mantine/core';
import { useDebouncedValue } from '@mantine/hooks';
import { useState } from 'react';
import type { CollectionSummary, ImageItem, ImageQuery } from '../../../main/api/contract.ts';
import { ClassPicker } from '../../classes/class-picker.tsx';
import { namesOfClasses } from '../../classes/joined-names.ts';
import { VirtualGrid } from '../../components/virtual-grid.tsx';
import { NetworkView, NetworkViewDialog } from '../../images/network-view.tsx';
import { Thumbnail } from '../../images/thumbnail.tsx';
import { usePicturesAhead } from '../../images/use-pictures-ahead.ts';
import { useImages } from '../../queries/collection-queries.ts';
import { text } from '../../text/en.ts';

const words = text.shell.collection;
const TILE_PX = 112;
const PAGE = 400;
const TYPING_MS = 250;
const PARTS = ['all', 'labelled', 'unlabelled', 'heldOut', 'byHand'] as const;
type Part = (typeof PARTS)[number];

export function ImageGallery({
  projectId,
  summary,
}: {
  readonly projectId: string;
  readonly summary: CollectionSummary;
}) {
  const [part, setPart] = useState<Part>('all');
  const [classId, setClassId] = useState('');
  const [typed, setTyped] = useState('');
  const [search] = useDebouncedValue(typed, TYPING_MS);
  const query: ImageQuery = { part, search, ...(classId === '' ? {} : { classId: Number(classId) }) };
  return (
    <section aria-labelledby="gallery">
      <Title order={2} id="gallery">
        {words.gallery}
      </Title>
      <Group gap="sm" mb="sm">
        <NativeSelect
          aria-label={words.part}
          value={part}
          onChange={({ currentTarget }) => setPart(currentTarget.value as Part)}
          data={PARTS.map((value) => ({ value, label: words.parts[value] }))}
        />
        <ClassPicker
          size="sm"
          label={summary.classes.find(({ id }) => String(id) === classId)?.name ?? words.anyClass}
          aria-label={words.columns.class}
          classes={summary.classes}
          none={words.anyClass}
          onNone={() => setClassId('')}
          onPick={(id) => setClassId(String(id))}
        />
        <TextInput
          aria-label={words.search}
          placeholder={words.search}
          value={typed}
          onChange={({ currentTarget }) => setTyped(currentTarget.value)}
        />
      </Group>
      <Grid key={JSON.stringify(query)} projectId={projectId} query={query} summary={summary} />
    </section>
  );
}

interface GridProps {
  readonly projectId: string;
  readonly query: ImageQuery;
  readonly summary: CollectionSummary;
}

function Grid({ projectId, query, summary }: GridProps) {
  const [offset, setOffset] = useState(0);
  const [active, setActive] = useState(0);
  const [shown, setShown] = useState<ImageItem | null>(null);
  const { data } = useImages(projectId, query, offset, PAGE);
  const itemAt = (index: number): ImageItem | undefined => data?.images[index - data.offset];
  const ahead = usePicturesAhead(projectId, TILE_PX, (index) => itemAt(index)?.imageId);
  const namesOf = ({ classIds }: ImageItem) => namesOfClasses(summary.classes, classIds);
  const labelOf = (index: number) => {
    const item = itemAt(index);
    return item ? words.tile(item.name, namesOf(item)) : text.shell.loading;
  };
  const chosen = itemAt(active);
  return (
    <>
      <Text size="sm" c="dimmed" role="status">
        {data && text.shell.images(data.total)}
      </Text>
      <div style={{ height: 420 }}>
        <VirtualGrid
          aria-label={words.gallery}
          total={data?.total ?? 0}
          tilePx={TILE_PX}
          tileLabel={labelOf}
          // The page is chosen around the visible range, so that a small scroll stays within it.
          onVisible={(range) => {
            setOffset(pageAround(range.first, range.last));
            ahead(range);
          }}
          active={active}
          onActive={setActive}
          onOpen={(index) => setShown(itemAt(index) ?? null)}
          renderTile={(index) => {
            const item = itemAt(index);
            return item ? (
              <Thumbnail projectId={projectId} imageId={item.imageId} boxPx={TILE_PX} alt="" />
            ) : (
              <span
                style={{
                  display: 'block',
                  width: TILE_PX,
                  height: TILE_PX,
                  background: 'var(--line)',
                  borderRadius: 6,
                }}
              />
            );
          }}
        />
      </div>
      {chosen && (
        <Group gap="sm" mt="sm" style={{ overflowWrap: 'anywhere' }}>
          <Text size="sm">{words.chosen(chosen.name)}</Text>
          <NetworkView key={chosen.imageId} projectId={projectId} imageId={chosen.imageId} name={chosen.name} />
        </Group>
      )}
      {shown && (
        <NetworkViewDialog
          projectId={projectId}
          imageId={shown.imageId}
          name={shown.name}
          close={() => setShown(null)}
        />
      )}
    </>
  );
}

function pageAround(first: number, last: number): number {
  const middle = (first + last) / 2;
  return Math.max(0, Math.round((middle - PAGE / 2) / (PAGE / 2)) * (PAGE / 2));
}
