/** Many images at once: choose with shift, or all that match, and give them a class. */
import { Group, NativeSelect, Stack, Text, TextInput } from '@mantine/core';
import { useDebouncedValue } from '@mantine/hooks';
import { useRef, useState } from 'react';
import type { DecisionTarget, ImageItem, ImageQuery, LabelSetting } from '../../../main/api/contract.ts';
import { ActButton } from '../../acts/act-button.tsx';
import { onlyAt } from '../../acts/rank-selection.ts';
import { useActKeys } from '../../acts/use-act-keys.ts';
import type { KeyedClass } from '../../classes/class-keys.ts';
import { ClassPicker } from '../../classes/class-picker.tsx';
import { namesOfClasses } from '../../classes/joined-names.ts';
import { KeysHelp } from '../../components/keys-help.tsx';
import { EmptyState, FailureState } from '../../components/state-message.tsx';
import { UndoRedo } from '../../components/undo-redo.tsx';
import { VirtualGrid } from '../../components/virtual-grid.tsx';
import { Writes } from '../../components/writing.tsx';
import { ZoomSlider } from '../../components/zoom-slider.tsx';
import { Thumbnail } from '../../images/thumbnail.tsx';
import { usePicturesAhead } from '../../images/use-pictures-ahead.ts';
import { useImages } from '../../queries/collection-queries.ts';
import { useDecisionHistory, useUndo } from '../../queries/decision-queries.ts';
import { text } from '../../text/en.ts';
import { AnswersUnderWay } from './answers-under-way.tsx';
import { ClassButtons } from './class-buttons.tsx';
import {
  ALL_MATCHING,
  type Chosen,
  chosenCount,
  chosenWith,
  isChosenImage,
  ONE_CHOSEN,
  targetOf,
} from './grid-choice.ts';
import styles from './hand-labelling.module.css';
import { type HandLabel, useHandLabels } from './hand-labels.ts';
import { manyAtOnceActs } from './many-at-once-acts.ts';
import { classesAfter, saidByImage } from './said-classes.ts';

const words = text.handLabelling;
const PARTS = ['unlabelled', 'byHand', 'labelled', 'heldOut', 'all'] as const;
const ZOOMS = { min: 64, max: 320, step: 16, usual: 128 } as const;
const PAGE = 400;
const CAPTION_PX = 18;
const TYPING_MS = 250;

interface ManyAtOnceProps {
  readonly projectId: string;
  readonly classes: readonly KeyedClass[];
  readonly labels: LabelSetting;
  readonly sources: readonly { readonly id: number; readonly folder: string }[];
}

export function ManyAtOnce(props: ManyAtOnceProps) {
  const [filter, setFilter] = useState<ImageQuery>({ part: props.labels === 'several' ? 'all' : 'unlabelled' });
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
        <ClassPicker
          label={props.classes.find(({ id }) => id === filter.classId)?.name ?? words.anyClass}
          aria-label={words.ofClass}
          classes={props.classes}
          none={words.anyClass}
          onNone={() => setFilter({ ...filter, classId: undefined })}
          onPick={(classId) => setFilter({ ...filter, classId })}
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

function Matching({ projectId, classes, labels, query }: ManyAtOnceProps & { readonly query: ImageQuery }) {
  const [offset, setOffset] = useState(0);
  const [tilePx, setTilePx] = useState<number>(ZOOMS.usual);
  const [chosen, setChosen] = useState<Chosen>(ONE_CHOSEN);
  const [search, setSearch] = useState('');
  const [unread, setUnread] = useState<Error | null>(null);
  const field = useRef<HTMLInputElement>(null);
  const { data, error } = useImages(projectId, query, offset, PAGE);
  const { queue, given } = useHandLabels(projectId);
  const { data: history } = useDecisionHistory(projectId);
  const { undo, redo } = useUndo(projectId);
  const said = saidByImage(given);
  const classesOf = ({ imageId, classIds }: ImageItem) => classesAfter(classIds, said.get(imageId) ?? [], labels);
  // Images that were given a class leave the unlabelled ones at once.
  const images = data?.images.filter((item) => query.part !== 'unlabelled' || classesOf(item).length === 0);
  const total = (data?.total ?? 0) - ((data?.images.length ?? 0) - (images?.length ?? 0));
  const itemAt = (index: number): ImageItem | undefined => images?.[index - (data?.offset ?? 0)];
  const ahead = usePicturesAhead(projectId, tilePx, (index) => itemAt(index)?.imageId);
  const nameOf = (classId: number | null) => classes.find(({ id }) => id === classId)?.name ?? null;
  const namesOf = (item: ImageItem) => namesOfClasses(classes, classesOf(item));
  const count = Math.min(chosenCount(chosen, total), total);
  const active = chosen.kind === 'all' ? 0 : Math.min(chosen.places.active, Math.max(0, total - 1));

  // For images that were chosen as a query, or are not in sight, only the workbench knows.
  const chosenItems =
    chosen.kind === 'all'
      ? []
      : (images ?? []).filter((_, place) => isChosenImage(chosen, (data?.offset ?? 0) + place));
  const shared = new Set(
    chosenItems.length === count
      ? classes.map(({ id }) => id).filter((id) => chosenItems.every((item) => classesOf(item).includes(id)))
      : [],
  );
  const toggle = (classId: number) =>
    give(labels === 'several' && shared.has(classId) ? 'clearLabel' : 'label', classId);

  const give = (decision: HandLabel['decision'], classId: number | null) => {
    const one = count === 1 ? itemAt(active)?.name : undefined;
    const label = (target: DecisionTarget) =>
      queue.give({
        decision,
        classId,
        target,
        imageIds: target.kind === 'images' ? target.imageIds : [],
        images: one ?? text.shell.images(count),
        className: labels === 'several' || decision === 'label' ? (nameOf(classId) ?? words.noClass) : words.noClass,
      });
    // Where the next image will be, or the first of the chosen ones.
    const first = chosen.kind === 'all' ? 0 : Math.min(...chosen.places.ranges.map((range) => range.first));
    const target = targetOf(projectId, query, chosen, itemAt);
    setChosen({ kind: 'places', places: onlyAt(query.part === 'unlabelled' ? first : active) });
    if (target instanceof Promise) target.then(label, setUnread);
    else label(target);
  };
  const lastGiven = given.findLast(({ state }) => state !== 'takingBack')?.answer;
  const acts = manyAtOnceActs({
    classes,
    count,
    unlabelled: query.part === 'unlabelled',
    lastGiven,
    history,
    labels,
    give: toggle,
    clear: () => give('clearLabel', labels === 'several' ? null : (classes[0]?.id ?? null)),
    takeBack: () => {
      if (!queue.takeBack()) undo.mutate();
    },
    redo: () => redo.mutate(),
    chooseAll: () => setChosen(ALL_MATCHING),
    chooseOne: () => setChosen({ kind: 'places', places: onlyAt(active) }),
    find: () => field.current?.focus(),
  });
  useActKeys(acts.all);

  const failure = error ?? unread ?? undo.error ?? redo.error;
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
            selection={{
              isSelected: (index) => isChosenImage(chosen, index),
              select: (index, mode) => setChosen(chosenWith(chosen, index, mode)),
            }}
            onVisible={(range) => {
              setOffset(pageAround(range.first, range.last));
              ahead(range);
            }}
            tileLabel={(index) => {
              const item = itemAt(index);
              return item ? words.tile(item.name, namesOf(item)) : text.shell.loading;
            }}
            renderTile={(index, { selected }) => {
              const item = itemAt(index);
              return (
                <Tile
                  projectId={projectId}
                  item={item}
                  className={item ? namesOf(item) : null}
                  boxPx={tilePx}
                  selected={selected}
                />
              );
            }}
          />
        )}
      </div>
      <Stack gap="xs">
        <Text role="status">{count > 1 ? words.chosen(count) : words.matching(total)}</Text>
        <AnswersUnderWay queue={queue} given={given} />
        <Group gap="xs">
          {acts.choosing.map((act) => (
            <ActButton key={act.name} act={act} />
          ))}
          <KeysHelp groups={acts.groups} />
        </Group>
        {failure && <FailureState error={failure} />}
        <Writes>
          <ClassButtons
            projectId={projectId}
            classes={classes}
            acts={acts.classes}
            pressed={labels === 'several' ? shared : undefined}
            search={search}
            onSearch={setSearch}
            field={field}
          />
        </Writes>
        <Group gap="xs" wrap="nowrap">
          <Writes>
            <ActButton act={acts.clear} />
          </Writes>
          <UndoRedo acts={acts.history} />
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
