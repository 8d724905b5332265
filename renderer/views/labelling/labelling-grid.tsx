/** Many images at once: choose with shift, or all that match, and give them their class. */
import { Button, Group, NativeSelect, Stack, Text, TextInput } from '@mantine/core';
import { useDebouncedValue, useWindowEvent } from '@mantine/hooks';
import { type KeyboardEvent, useState } from 'react';
import type { ImageItem, ImageQuery } from '../../../main/api/contract.ts';
import { isTaken, type KeyedClass } from '../../class-keys.ts';
import { EmptyState, FailureState } from '../../components/state-message.tsx';
import { Thumbnail } from '../../components/thumbnail.tsx';
import { UndoRedo } from '../../components/undo-redo.tsx';
import { VirtualGrid } from '../../components/virtual-grid.tsx';
import { ZoomSlider } from '../../components/zoom-slider.tsx';
import { text } from '../../text/en.ts';
import { useImages } from '../collection/collection-queries.ts';
import { useDecisionHistory } from '../ranks/use-decisions.ts';
import { ClassButtons } from './class-buttons.tsx';
import {
  ALL_MATCHING,
  type Chosen,
  chosenCount,
  chosenWith,
  isChosenImage,
  NONE_CHOSEN,
  targetOf,
} from './grid-choice.ts';
import styles from './labelling.module.css';
import { useLabelActs } from './use-label-acts.ts';

const words = text.labelling;
const PARTS = ['unlabelled', 'byHand', 'labelled', 'heldOut', 'all'] as const;
const ZOOMS = { min: 64, max: 320, step: 16, usual: 128 } as const;
const PAGE = 400;
const CAPTION_PX = 18;
const TYPING_MS = 250;

interface LabellingGridProps {
  readonly projectId: string;
  readonly classes: readonly KeyedClass[];
  readonly sources: readonly { readonly id: number; readonly folder: string }[];
}

export function LabellingGrid(props: LabellingGridProps) {
  const [filter, setFilter] = useState<ImageQuery>({ part: 'unlabelled' });
  const [typed, setTyped] = useState('');
  const [search] = useDebouncedValue(typed, TYPING_MS);
  const query: ImageQuery = { ...filter, ...(search === '' ? {} : { search }) };
  const chosen = (value: string) => (value === '' ? undefined : Number(value));
  return (
    <Stack gap="sm">
      <Group gap="xs" align="flex-end">
        <NativeSelect
          size="xs"
          label={words.part}
          value={filter.part ?? 'all'}
          onChange={({ currentTarget }) =>
            setFilter({ ...filter, part: currentTarget.value as (typeof PARTS)[number] })
          }
          data={PARTS.map((value) => ({ value, label: words.parts[value] }))}
        />
        <NativeSelect
          size="xs"
          label={words.ofClass}
          value={filter.classId ?? ''}
          onChange={({ currentTarget }) => setFilter({ ...filter, classId: chosen(currentTarget.value) })}
          data={[
            { value: '', label: words.anyClass },
            ...props.classes.map(({ id, name }) => ({ value: String(id), label: name })),
          ]}
        />
        <NativeSelect
          size="xs"
          maw={220}
          label={words.source}
          value={filter.sourceId ?? ''}
          onChange={({ currentTarget }) => setFilter({ ...filter, sourceId: chosen(currentTarget.value) })}
          data={[
            { value: '', label: words.anySource },
            ...props.sources.map(({ id, folder }) => ({ value: String(id), label: folder })),
          ]}
        />
        <TextInput
          size="xs"
          label={words.search}
          value={typed}
          onChange={({ currentTarget }) => setTyped(currentTarget.value)}
        />
      </Group>
      <Matching key={JSON.stringify(query)} {...props} query={query} />
    </Stack>
  );
}

function Matching({ projectId, classes, query }: LabellingGridProps & { readonly query: ImageQuery }) {
  const [offset, setOffset] = useState(0);
  const [tilePx, setTilePx] = useState<number>(ZOOMS.usual);
  const [active, setActive] = useState(0);
  const [chosen, setChosen] = useState<Chosen>(NONE_CHOSEN);
  const { data, error: unread } = useImages(projectId, query, offset, PAGE);
  const { data: history } = useDecisionHistory(projectId);
  const { label, undo, redo } = useLabelActs(projectId);
  const total = data?.total ?? 0;
  const itemAt = (index: number): ImageItem | undefined => data?.images[index - data.offset];
  const nameOf = (classId: number | null) => classes.find(({ id }) => id === classId)?.name ?? null;

  const act = async (decision: 'label' | 'clearLabel', classId: number) => {
    if (label.isPending || total === 0) return;
    const target = await targetOf(projectId, query, chosen, active);
    label.mutate({ decision, classId, target }, { onSuccess: () => setChosen(NONE_CHOSEN) });
  };
  const onTileKey = (event: KeyboardEvent): boolean => {
    if (event.altKey) return false;
    const control = event.ctrlKey || event.metaKey;
    const wanted = control ? undefined : classes.find(({ key }) => key !== '' && key === event.key);
    if (wanted) void act('label', wanted.id);
    else if (control && event.key === 'a') setChosen(ALL_MATCHING);
    else if (event.key === 'Escape') setChosen(NONE_CHOSEN);
    else return false;
    return true;
  };
  useWindowEvent('keydown', (event) => {
    if (event.defaultPrevented || event.altKey || isTaken(event) || document.querySelector('[role=dialog]')) return;
    const control = event.ctrlKey || event.metaKey;
    const key = event.key.toLowerCase();
    if (control && key === 'z') (event.shiftKey ? redo : undo).mutate();
    else if (!control && key === 'u') undo.mutate();
    else return;
    event.preventDefault();
  });

  const error = unread ?? label.error ?? undo.error ?? redo.error;
  const count = chosenCount(chosen, total);
  return (
    <div className={styles.split}>
      <div className={styles.grid}>
        {data && total === 0 ? (
          <EmptyState message={words.noImages} />
        ) : (
          <VirtualGrid
            aria-label={words.grid}
            total={total}
            tilePx={tilePx}
            tileHeightPx={tilePx + CAPTION_PX}
            gapPx={10}
            active={active}
            onActive={setActive}
            selection={{
              isSelected: (index) => isChosenImage(chosen, index),
              select: (index, mode) => setChosen(chosenWith(chosen, index, mode)),
            }}
            onTileKey={onTileKey}
            onVisible={({ first, last }) => setOffset(pageAround(first, last))}
            tileLabel={(index) => {
              const item = itemAt(index);
              return item ? words.tile(item.name, nameOf(item.classId)) : text.shell.loading;
            }}
            renderTile={(index, { selected }) => (
              <Tile
                projectId={projectId}
                item={itemAt(index)}
                className={nameOf(itemAt(index)?.classId ?? null)}
                boxPx={tilePx}
                selected={selected}
              />
            )}
          />
        )}
      </div>
      <Stack gap="xs">
        <Text role="status">{count > 0 ? words.chosen(count) : words.matching(total)}</Text>
        <Group gap="xs">
          <Button size="xs" variant="default" disabled={total === 0} onClick={() => setChosen(ALL_MATCHING)}>
            {words.chooseAll}
          </Button>
          <Button size="xs" variant="default" disabled={count === 0} onClick={() => setChosen(NONE_CHOSEN)}>
            {words.chooseNone}
          </Button>
        </Group>
        {error && <FailureState error={error} />}
        <ClassButtons
          projectId={projectId}
          classes={classes}
          disabled={total === 0 || label.isPending}
          onGive={(classId) => void act('label', classId)}
        />
        <Group gap="xs" wrap="nowrap">
          <Button
            size="xs"
            variant="default"
            disabled={total === 0 || query.part === 'unlabelled'}
            onClick={() => void act('clearLabel', classes[0]?.id ?? 0)}
          >
            {words.clear}
          </Button>
          <UndoRedo history={history} onUndo={() => undo.mutate()} onRedo={() => redo.mutate()} />
        </Group>
        <ZoomSlider zooms={ZOOMS} px={tilePx} onChange={setTilePx} />
      </Stack>
    </div>
  );
}

interface TileProps {
  readonly projectId: string;
  readonly item: ImageItem | undefined;
  readonly className: string | null;
  readonly boxPx: number;
  readonly selected: boolean;
}

function Tile({ projectId, item, className, boxPx, selected }: TileProps) {
  return (
    <span className={styles.tile} data-selected={selected}>
      {item ? (
        <Thumbnail key={item.imageId} projectId={projectId} imageId={item.imageId} boxPx={boxPx} alt="" />
      ) : (
        <span style={{ display: 'block', width: boxPx, height: boxPx, background: 'var(--line)', borderRadius: 6 }} />
      )}
      <span className={styles.caption}>
        {selected ? '✓ ' : ''}
        {className ?? ''}
      </span>
    </span>
  );
}

function pageAround(first: number, last: number): number {
  const middle = (first + last) / 2;
  return Math.max(0, Math.round((middle - PAGE / 2) / (PAGE / 2)) * (PAGE / 2));
}
