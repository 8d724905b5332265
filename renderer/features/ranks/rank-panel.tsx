/** Beside the grid: everything known about the active image and its class, the selection, and what another teacher changes. */
import { Button, Stack, Tabs, Text, Title } from '@mantine/core';
import { useState } from 'react';
import type { ImageDetail } from '../../../main/api/contract.ts';
import type { Act } from '../../acts/act.ts';
import { ActButton } from '../../acts/act-button.tsx';
import { chosenCount } from '../../acts/rank-selection.ts';
import { ShowInFileManager } from '../../components/show-in-file-manager.tsx';
import { FailureState } from '../../components/state-message.tsx';
import { formatBytes, formatPercent } from '../../format.ts';
import { NetworkView } from '../../images/network-view.tsx';
import { SimilarImages } from '../../images/similar-images.tsx';
import { Thumbnail } from '../../images/thumbnail.tsx';
import { useImageDetail, usePrecision, useScoreCurve } from '../../queries/ranks-queries.ts';
import { useLearning } from '../../queries/run-queries.ts';
import { useSimilarImages } from '../../queries/similar-queries.ts';
import { text } from '../../text/en.ts';
import { FixLabel } from '../../training/fix-label.tsx';
import { LearnFromLabels } from '../../training/learn-from-labels.tsx';
import { TrainAgain } from '../../training/train-again.tsx';
import { ChangesPanel } from './changes-panel.tsx';
import { scoreText } from './rank-tile.tsx';
import { useRanking } from './ranking-in-sight.ts';
import { type PanelTab, panelTabs, useRanks } from './ranks-store.ts';
import styles from './ranks-view.module.css';
import { SelectionPanel } from './selection-panel.tsx';

const words = text.ranks;
const PICTURE_PX = 256;
const COPY_PX = 56;

export function RankPanel({ spotCheck }: { readonly spotCheck: Act }) {
  const { projectId } = useRanking();
  const { tab, openTab } = useRanks((store) => store);
  return (
    <aside className={styles.panel} aria-label={words.panel.title}>
      <LearnFromLabels projectId={projectId} />
      <TrainAgain projectId={projectId} />
      <Tabs value={tab} onChange={(chosen) => chosen && openTab(chosen as PanelTab)} keepMounted={false}>
        <Tabs.List grow mb="md">
          {panelTabs.map((name) => (
            <Tabs.Tab key={name} value={name} px="xs">
              {words.tabs[name]}
            </Tabs.Tab>
          ))}
        </Tabs.List>
        <Tabs.Panel value="image">
          <ImageTab spotCheck={spotCheck} />
        </Tabs.Panel>
        <Tabs.Panel value="selection">
          <SelectionPanel />
        </Tabs.Panel>
        <Tabs.Panel value="changes">
          <ChangesPanel />
        </Tabs.Panel>
      </Tabs>
    </aside>
  );
}

function ImageTab({ spotCheck }: { readonly spotCheck: Act }) {
  const { windows, total } = useRanking();
  const { selection, elsewhere } = useRanks((store) => store);
  const imageId = elsewhere ?? windows.itemAt(selection.active)?.imageId ?? null;
  return (
    <Stack gap="md">
      <section>
        <Title order={2}>{words.curve}</Title>
        <ScoreCurve />
      </section>
      <Precision spotCheck={spotCheck} />
      {imageId === null ? (
        <Text c="dimmed">{words.panel.empty}</Text>
      ) : (
        <ImageSection
          imageId={imageId}
          rank={elsewhere === null && total > 0 ? selection.active + 1 : null}
          chosen={chosenCount(selection)}
        />
      )}
    </Stack>
  );
}

interface ImageSectionProps {
  readonly imageId: number;
  /** In this ranking, from 1; null if it is not ranked here. */
  readonly rank: number | null;
  /** The number of images that acts apply to. */
  readonly chosen: number;
}

function ImageSection({ imageId, rank, chosen }: ImageSectionProps) {
  const { projectId } = useRanking();
  const detail = useImageDetail(projectId, imageId);
  return (
    <section style={{ overflowWrap: 'anywhere' }}>
      <Title order={2}>{rank === null ? words.panel.elsewhere : words.panel.atRank(rank)}</Title>
      {chosen > 1 && (
        <Text size="sm" c="dimmed">
          {words.panel.amongChosen(chosen)}
        </Text>
      )}
      <Thumbnail
        key={imageId}
        projectId={projectId}
        imageId={imageId}
        boxPx={PICTURE_PX}
        plays
        alt={detail.data?.path ?? words.panel.atRank(rank ?? 0)}
      />
      <FixLabel key={`label ${imageId}`} projectId={projectId} imageId={imageId} named={likeliest(detail.data)} />
      {detail.data && <Known detail={detail.data} />}
      <LikeThisOne key={`like ${imageId}`} imageId={imageId} />
    </section>
  );
}

/** The classes that the newest labelling assigned it to. */
function likeliest(detail: ImageDetail | undefined): readonly number[] {
  return detail?.scores[0]?.classes.map(({ classId }) => classId) ?? [];
}

function ScoreCurve() {
  const { ref, own, line } = useRanking();
  const { data } = useScoreCurve(ref);
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
      aria-label={words.curveAria(own?.name ?? '', line.k)}
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

function Precision({ spotCheck }: { readonly spotCheck: Act }) {
  const { data } = usePrecision(useRanking().ref);
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

/** Renders nothing in a project without eyes. */
function LikeThisOne({ imageId }: { readonly imageId: number }) {
  const { projectId } = useRanking();
  const showImage = useRanks((store) => store.showImage);
  const [asked, setAsked] = useState(false);
  const { data: learning } = useLearning(projectId);
  const similar = useSimilarImages(projectId, asked ? imageId : null);
  if (!learning?.eyes) return null;
  const { act, does } = text.similar;
  return (
    <Stack gap="xs" mt="sm">
      <ActButton act={{ name: 'like', keys: [], label: act, does, can: !asked, do: () => setAsked(true) }} />
      {similar.error && <FailureState error={similar.error} />}
      {similar.data && (
        <SimilarImages projectId={projectId} images={similar.data} onImage={(other) => showImage(other, null)} />
      )}
    </Stack>
  );
}

/** The name of a class may be wider than the panel. */
const WRAPPED = {
  size: 'compact-sm',
  variant: 'subtle',
  h: 'auto',
  maw: '100%',
  styles: { label: { whiteSpace: 'normal', textAlign: 'left' } },
} as const;

function Known({ detail }: { readonly detail: ImageDetail }) {
  const { projectId, labelRun, nameOf } = useRanking();
  const showClass = useRanks((store) => store.showClass);
  const { panel } = words;
  /** The calibration of the displayed scores. */
  const { temperature } = labelRun;
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
            <Button key={classId} {...WRAPPED} onClick={() => showClass(classId)}>
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
