/** Labelling by hand, one image after the other or many at once in a grid: enough for a first teacher within minutes. */
import { Alert, Anchor, Button, SegmentedControl } from '@mantine/core';
import { useState } from 'react';
import { Link, useSearchParams } from 'wouter';
import type { CollectionSummary, LabellingOrder } from '../../../main/api/contract.ts';
import { withKeys } from '../../classes/class-keys.ts';
import { EmptyState, QueryState } from '../../components/state-message.tsx';
import { ViewFrame } from '../../components/view-frame.tsx';
import { useProject } from '../../components/writing.tsx';
import { useCollection } from '../../queries/collection-queries.ts';
import { text } from '../../text/en.ts';
import { ManyAtOnce } from './many-at-once.tsx';
import { OneByOne } from './one-by-one.tsx';
import { HAND_KEYS } from './one-by-one-acts.ts';

const words = text.handLabelling;
const MODES = ['queue', 'grid'] as const;
const ORDERS = ['uncertain', 'confident', 'random', 'different', 'farthest'] as const;

export function HandLabellingView({ projectId }: { readonly projectId: string }) {
  const [mode, setMode] = useState<(typeof MODES)[number]>('queue');
  const [order, setOrder] = useState<LabellingOrder>('uncertain');
  const [pass, setPass] = useState(0);
  const [search] = useSearchParams();
  const named = Number(search.get('class') ?? Number.NaN);
  const collection = useCollection(projectId);
  const { data: project } = useProject(projectId);
  const labels = project?.labels ?? 'one';
  const classes = withKeys(collection.data?.classes ?? [], HAND_KEYS);
  const ofClass = classes.find(({ id }) => id === named);
  return (
    <ViewFrame
      title={words.title}
      lead={labels === 'several' ? words.leadSeveral : words.lead}
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
        </>
      }
    >
      {ofClass && mode === 'queue' && (
        <Alert color="gray" role="status">
          {words.leastSureOf(ofClass.name)}{' '}
          <Anchor component={Link} href={`/projects/${projectId}/hand-labelling`}>
            {words.allImages}
          </Anchor>
        </Alert>
      )}
      <QueryState query={collection}>
        {(summary) =>
          summary.classes.length === 0 ? (
            <NoClasses projectId={projectId} />
          ) : mode === 'queue' ? (
            <OneByOne
              key={`${order} ${pass} ${ofClass?.id}`}
              projectId={projectId}
              order={order}
              ofClass={ofClass?.id ?? null}
              classes={classes}
              labels={labels}
              onAgain={() => setPass(pass + 1)}
            />
          ) : (
            <ManyAtOnce
              key={labels}
              projectId={projectId}
              classes={classes}
              labels={labels}
              sources={foldersOf(summary)}
            />
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
        <Button component={Link} href={`/projects/${projectId}/collection`}>
          {words.toCollection}
        </Button>
      }
    />
  );
}
