/** Beside the grid: all that is known of the active image and its class, what is selected, and what another teacher changes. */
import { Button, Stack, Tabs, Text, Title } from '@mantine/core';
import { useState } from 'react';
import type { Balance, ImageDetail, RanksOverview } from '../../../main/api/contract.ts';
import type { Act } from '../../acts/act.ts';
import { ActButton } from '../../acts/act-button.tsx';
import { ShowInFileManager } from '../../components/show-in-file-manager.tsx';
import { FailureState } from '../../components/state-message.tsx';
import { formatBytes, formatPercent } from '../../format.ts';
import { NetworkView } from '../../images/network-view.tsx';
import { SimilarImages } from '../../images/similar-images.tsx';
import { Thumbnail } from '../../images/thumbnail.tsx';
import { type ClassRankingRef, useImageDetail, usePrecision, useScoreCurve } from '../../queries/ranks-queries.ts';
import { useLearning } from '../../queries/run-queries.ts';
import { useSimilarImages } from '../../queries/similar-queries.ts';
import { text } from '../../text/en.ts';
import { FixLabel } from '../../training/fix-label.tsx';
import { LearnFromLabels } from '../../training/learn-from-labels.tsx';
import { TrainAgain } from '../../training/train-again.tsx';
import { ChangesPanel } from './changes-panel.tsx';
import { scoreText } from './rank-tile.tsx';
import styles from './ranks-view.module.css';
import { SelectionPanel } from './selection-panel.tsx';
import type { KLine } from './use-k-line.ts';

const words = text.ranks;
const PICTURE_PX = 256;
const COPY_PX = 56;
const TABS = ['image', 'selection', 'changes'] as const;
export type PanelTab = (typeof TABS)[number];

interface RankPanelProps {
  readonly ranking: ClassRankingRef;
  readonly name: string;
  readonly line: KLine;
  readonly overview: RanksOverview;
  readonly balance: Balance;
  readonly besideRunId: string | null;
  readonly tab: PanelTab;
  readonly onTab: (tab: PanelTab) => void;
  readonly imageId: number | null;
  /** Of the image in this ranking, from 1; null when it is not ranked here. */
  readonly rank: number | null;
  /** How many images acts go to. */
  readonly chosen: number;
  readonly nameOf: (classId: number) => string;
  readonly onClass: (classId: number) => void;
  readonly spotCheck: Act;
  /** An image of the changes, and its rank here; null when it is not ranked here. */
  readonly onImage: (imageId: number, rank: number | null) => void;
}

export function RankPanel(props: RankPanelProps) {
  const { ranking, overview, besideRunId } = props;
  const labelRun = overview.labelRuns.find(({ runId }) => runId === ranking.labelRunId);
  const beside = overview.labelRuns.find(({ runId }) => runId === besideRunId);
  return (
    <aside className={styles.panel} aria-label={words.panel.title}>
      <LearnFromLabels projectId={ranking.projectId} />
      <TrainAgain projectId={ranking.projectId} />
      <Tabs value={props.tab} onChange={(tab) => tab && props.onTab(tab as PanelTab)} keepMounted={false}>
        <Tabs.List grow mb="md">
          {TABS.map((tab) => (
            <Tabs.Tab key={tab} value={tab}>
              {words.tabs[tab]}
            </Tabs.Tab>
          ))}
        </Tabs.List>
        <Tabs.Panel value="image">
          <ImageTab {...props} />
        </Tabs.Panel>
        <Tabs.Panel value="selection">
          {labelRun && (
            <SelectionPanel
              projectId={ranking.projectId}
              labelRun={labelRun}
              overview={overview}
              balance={props.balance}
              onClass={props.onClass}
            />
          )}
        </Tabs.Panel>
        <Tabs.Panel value="changes">
          <ChangesPanel
            ranking={ranking}
            besideRunId={besideRunId}
            besideTitle={beside?.title ?? ''}
            onImage={props.onImage}
          />
        </Tabs.Panel>
      </Tabs>
    </aside>
  );
}

function ImageTab(props: RankPanelProps) {
  const { ranking, name, line, imageId, rank, chosen } = props;
  const detail = useImageDetail(ranking.projectId, imageId);
  const labelRun = props.overview.labelRuns.find(({ runId }) => runId === ranking.labelRunId);
  const temperature = labelRun?.temperature ?? null;
  return (
    <Stack gap="md">
      <section>
        <Title order={2}>{words.curve}</Title>
        <ScoreCurve ranking={ranking} name={name} line={line} />
      </section>
      <Precision ranking={ranking} spotCheck={props.spotCheck} />
      {imageId === null ? (
        <Text c="dimmed">{words.panel.empty}</Text>
      ) : (
        <section style={{ overflowWrap: 'anywhere' }}>
          <Title order={2}>{rank === null ? words.panel.elsewhere : words.panel.atRank(rank)}</Title>
          {chosen > 1 && (
            <Text size="sm" c="dimmed">
              {words.panel.amongChosen(chosen)}
            </Text>
          )}
          <Thumbnail
            key={imageId}
            projectId={ranking.projectId}
            imageId={imageId}
            boxPx={PICTURE_PX}
            alt={detail.data?.path ?? words.panel.atRank(rank ?? 0)}
          />
          <FixLabel
            key={`label ${imageId}`}
            projectId={ranking.projectId}
            imageId={imageId}
            named={likeliest(detail.data)}
          />
          {detail.data && (
            <Known
              temperature={temperature}
              projectId={ranking.projectId}
              detail={detail.data}
              nameOf={props.nameOf}
              onClass={props.onClass}
            />
          )}
          <LikeThisOne
            key={`like ${imageId}`}
            projectId={ranking.projectId}
            imageId={imageId}
            onImage={(other) => props.onImage(other, null)}
          />
        </section>
      )}
    </Stack>
  );
}

/** The classes that the newest labelling took it for. */
function likeliest(detail: ImageDetail | undefined): readonly number[] {
  return detail?.scores[0]?.classes.map(({ classId }) => classId) ?? [];
}

function ScoreCurve({ ranking, name, line }: Pick<RankPanelProps, 'ranking' | 'name' | 'line'>) {
  const { data } = useScoreCurve(ranking);
  if (!data || data.total === 0) return null;
  const x = (rank: number) => (100 * (rank - 1)) / Math.max(1, data.total - 1);
  const path = data.points.map(
    ({ rank, score }, at) => `${at === 0 ? 'M' : 'L'}${x(rank).toFixed(2)} ${(100 - 100 * score).toFixed(2)}`,
  );
  const cut = x(Math.max(1, line.cutRank));
  return (
    <svg
      className={styles.curve}
      viewBox="0 0 100 100"
      preserveAspectRatio="none"
      role="img"
      aria-label={words.curveAria(name, line.k)}
    >
      <rect x="0" y="0" width={cut} height="100" fill="var(--student)" opacity="0.12" />
      <path d={path.join('')} fill="none" stroke="var(--teacher)" strokeWidth="2" vectorEffect="non-scaling-stroke" />
      <line
        x1={cut}
        x2={cut}
        y1="0"
        y2="100"
        stroke="var(--student)"
        strokeWidth="2"
        vectorEffect="non-scaling-stroke"
      />
    </svg>
  );
}

function Precision({ ranking, spotCheck }: Pick<RankPanelProps, 'ranking' | 'spotCheck'>) {
  const { data } = usePrecision(ranking);
  return (
    <section>
      <Title order={2}>{words.precision}</Title>
      <Text fz={22} fw={650}>
        {data?.precision == null ? words.unchecked : formatPercent(data.precision)}
      </Text>
      {data?.interval && (
        <Text size="sm" c="dimmed">
          {words.precisionOf(data.checked, data.interval[0], data.interval[1])}
        </Text>
      )}
      <ActButton act={spotCheck} mt="xs" />
    </section>
  );
}

interface LikeThisOneProps {
  readonly projectId: string;
  readonly imageId: number;
  readonly onImage: (imageId: number) => void;
}

/** Nothing where there are no eyes to look with. */
function LikeThisOne({ projectId, imageId, onImage }: LikeThisOneProps) {
  const [asked, setAsked] = useState(false);
  const { data: learning } = useLearning(projectId);
  const similar = useSimilarImages(projectId, asked ? imageId : null);
  if (!learning?.eyes) return null;
  const { act, does } = text.similar;
  return (
    <Stack gap="xs" mt="sm">
      <ActButton act={{ name: 'like', keys: [], label: act, does, can: !asked, do: () => setAsked(true) }} />
      {similar.error && <FailureState error={similar.error} />}
      {similar.data && <SimilarImages projectId={projectId} images={similar.data} onImage={onImage} />}
    </Stack>
  );
}

/** The name of a class may be longer than the panel is wide. */
const WRAPPED = {
  size: 'compact-sm',
  variant: 'subtle',
  h: 'auto',
  maw: '100%',
  styles: { label: { whiteSpace: 'normal', textAlign: 'left' } },
} as const;

interface KnownProps {
  /** By which the shown scores are calibrated. */
  readonly temperature: number | null;
  readonly projectId: string;
  readonly detail: ImageDetail;
  readonly nameOf: (classId: number) => string;
  readonly onClass: (classId: number) => void;
}

function Known({ temperature, projectId, detail, nameOf, onClass }: KnownProps) {
  const { panel } = words;
  return (
    <>
      <Text fw={600}>{detail.path}</Text>
      <Text size="sm" c="dimmed">
        {panel.size(detail.widthPx, detail.heightPx)} · {formatBytes(detail.bytes)}
      </Text>
      <Text size="sm" c="dimmed">
        {panel.origin}: {detail.folder}
      </Text>
      <NetworkView key={`view ${detail.imageId}`} projectId={projectId} imageId={detail.imageId} name={detail.path} />
      <ShowInFileManager key={detail.imageId} path={`${detail.folder}/${detail.path}`} />
      <Title order={3} size="sm" mt="sm">
        {panel.standsIn}
      </Title>
      {temperature !== null && (
        <Text size="xs" c="dimmed">
          {words.calibration(temperature)}
        </Text>
      )}
      {detail.scores.map(({ labelRunId, title, classes }) => (
        <div key={labelRunId}>
          <Text size="sm" c="dimmed">
            {title}
          </Text>
          {classes.map(({ classId, score, calibrated, rank }) => (
            <Button key={classId} {...WRAPPED} onClick={() => onClass(classId)}>
              {panel.inClass(nameOf(classId), rank)} · {scoreText(score, calibrated)}
            </Button>
          ))}
        </div>
      ))}
      <Title order={3} size="sm" mt="sm">
        {panel.copies}
      </Title>
      {detail.nearDuplicates.length === 0 && (
        <Text size="sm" c="dimmed">
          {panel.noCopies}
        </Text>
      )}
      {detail.nearDuplicates.map((id) => (
        <Thumbnail key={id} projectId={projectId} imageId={id} boxPx={COPY_PX} alt={panel.copies} />
      ))}
      <Title order={3} size="sm" mt="sm">
        {panel.usedIn}
      </Title>
      <Text size="sm" c="dimmed">
        {detail.usedIn.length === 0 ? panel.notUsed : detail.usedIn.map(({ runId }) => runId).join(', ')}
      </Text>
    </>
  );
}
