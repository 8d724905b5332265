/** Labels by hand, one image after the other or many at once in a grid: enough for a first teacher within minutes. */
import { Button, Group, SegmentedControl } from '@mantine/core';
import { useState } from 'react';
import { Link } from 'wouter';
import type { CollectionSummary, LabellingOrder } from '../../../main/api/contract.ts';
import { withKeys } from '../../class-keys.ts';
import { classKeyLines, type KeyGroup, KeysHelp } from '../../components/keys-help.tsx';
import { EmptyState, QueryState } from '../../components/state-message.tsx';
import { ViewFrame } from '../../components/view-frame.tsx';
import { text } from '../../text/en.ts';
import { useCollection } from '../collection/collection-queries.ts';
import { LabellingGrid } from './labelling-grid.tsx';
import { LabellingQueue } from './labelling-queue.tsx';

const words = text.labelling;
const MODES = ['queue', 'grid'] as const;
const ORDERS = ['uncertain', 'confident', 'random', 'different'] as const;
/** The screen's own keys, which no class has here. */
const RESERVED = 'uz? ';

export function LabellingView({ projectId }: { readonly projectId: string }) {
  const [mode, setMode] = useState<(typeof MODES)[number]>('queue');
  const [order, setOrder] = useState<LabellingOrder>('uncertain');
  const collection = useCollection(projectId);
  const classes = withKeys(collection.data?.classes ?? [], RESERVED);
  return (
    <ViewFrame
      title={words.title}
      lead={words.lead}
      actions={
        <>
          <SegmentedControl
            size="xs"
            aria-label={words.mode}
            value={mode}
            onChange={(value) => setMode(value as typeof mode)}
            data={MODES.map((value) => ({ value, label: words.modes[value] }))}
          />
          {mode === 'queue' && (
            <SegmentedControl
              size="xs"
              aria-label={words.order}
              value={order}
              onChange={(value) => setOrder(value as LabellingOrder)}
              data={ORDERS.map((value) => ({ value, label: words.orders[value] }))}
            />
          )}
          <KeysHelp groups={keyGroups(mode, classes)} />
        </>
      }
    >
      <QueryState query={collection}>
        {(summary) =>
          summary.classes.length === 0 ? (
            <NoClasses projectId={projectId} />
          ) : mode === 'queue' ? (
            <LabellingQueue key={order} projectId={projectId} order={order} classes={classes} />
          ) : (
            <LabellingGrid projectId={projectId} classes={classes} sources={foldersOf(summary)} />
          )
        }
      </QueryState>
    </ViewFrame>
  );
}

function foldersOf({ sources }: CollectionSummary) {
  return sources.map(({ id, folder }) => ({ id, folder }));
}

function NoClasses({ projectId }: { readonly projectId: string }) {
  return (
    <EmptyState
      message={words.noClasses}
      action={
        <Group>
          <Button component={Link} href={`/projects/${projectId}/collection`}>
            {words.toCollection}
          </Button>
        </Group>
      }
    />
  );
}

function keyGroups(mode: (typeof MODES)[number], classes: ReturnType<typeof withKeys>): readonly KeyGroup[] {
  const { lines, queue, grid } = text.keys.labelling;
  const own: KeyGroup =
    mode === 'queue'
      ? {
          title: queue,
          lines: [
            { keys: ['Space', '→'], does: lines.skip },
            { keys: ['←'], does: lines.back },
            { keys: ['z'], does: lines.zoom },
            { keys: ['u'], does: lines.undo },
            { keys: ['?'], does: lines.help },
          ],
        }
      : {
          title: grid,
          lines: [
            { keys: ['←', '→', '↑', '↓'], does: lines.arrows },
            { keys: ['Space'], does: lines.choose },
            { keys: ['Shift', '→'], does: lines.range },
            { keys: ['Ctrl', 'a'], does: lines.all },
            { keys: ['Esc'], does: lines.none },
            { keys: ['u'], does: lines.undo },
            { keys: ['?'], does: lines.help },
          ],
        };
  const does = (name: string) => (mode === 'queue' ? text.keys.give(name) : `${lines.give}: ${name}`);
  return [own, { title: text.keys.classes, lines: classKeyLines(classes, does) }];
}
