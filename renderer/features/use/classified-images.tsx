/** Finished classifications, the newest first, each with all of its images. */
import { Button, Group, NativeSelect, Stack, Table, Text, Title } from '@mantine/core';
import { useState } from 'react';
import type { ClassificationWindow, Job } from '../../../main/api/contract.ts';
import { joinedNames } from '../../classes/joined-names.ts';
import { api } from '../../client.ts';
import { Dialog } from '../../components/dialog.tsx';
import { scaled } from '../../components/look-scale.ts';
import { PagedGrid } from '../../components/paged-grid.tsx';
import { ShowInFileManager } from '../../components/show-in-file-manager.tsx';
import { FailureState, QueryState } from '../../components/state-message.tsx';
import { usePages } from '../../components/use-pages.ts';
import { Writes } from '../../components/writing.tsx';
import { fileNameOf } from '../../file-name.ts';
import { formatPercent } from '../../format.ts';
import { useAddSource, useCollection } from '../../queries/collection-queries.ts';
import { useClassifiedImage } from '../../queries/correction-queries.ts';
import { text } from '../../text/en.ts';
import { FixLabel } from '../../training/fix-label.tsx';
import { TrainAgain } from '../../training/train-again.tsx';
import { useClassifications } from './use-queries.ts';

const words = text.use;
const TILE_PX = 132;
const OPENED_PX = 192;

type ClassifiedImage = ClassificationWindow['images'][number];

interface ClassifiedProps {
  readonly projectId: string;
  /** The project's, the newest first. */
  readonly jobs: readonly Job[];
}

export function Classified({ projectId, jobs }: ClassifiedProps) {
  const ended = jobs.filter(({ result }) => result?.kind === 'classified');
  const classifications = useClassifications(projectId, ended.length);
  const [wanted, setWanted] = useState<string | null>(null);
  return (
    <section aria-labelledby="results">
      <Title order={2} id="results">
        {words.results}
      </Title>
      <QueryState query={classifications}>
        {(all) => {
          const chosen = all.find(({ id }) => id === wanted) ?? all[0];
          if (!chosen) return <Text c="dimmed">{words.noResults}</Text>;
          return (
            <>
              <NativeSelect
                mb="sm"
                maw={420}
                aria-label={words.results}
                value={chosen.id}
                onChange={({ currentTarget }) => setWanted(currentTarget.value)}
                data={all.map(({ id, title, images }) => ({ value: id, label: words.resultsOf(title, images) }))}
              />
              {chosen.temperature !== null && (
                <Text size="sm" c="dimmed">
                  {words.calibrated(chosen.temperature)}
                </Text>
              )}
              <ClassifiedImages key={chosen.id} projectId={projectId} classificationId={chosen.id} />
            </>
          );
        }}
      </QueryState>
    </section>
  );
}

interface ClassifiedImagesProps {
  readonly projectId: string;
  readonly classificationId: string;
}

function ClassifiedImages({ projectId, classificationId }: ClassifiedImagesProps) {
  const [opened, setOpened] = useState<ClassifiedImage | null>(null);
  const pages = usePages<ClassifiedImage>(
    ['project', projectId, 'classification', classificationId],
    ({ offset, limit }, init) =>
      api.projects[':project'].classifications[':classification'].$get(
        {
          param: { project: projectId, classification: classificationId },
          query: { offset: String(offset), limit: String(limit) },
        },
        init,
      ),
  );
  const pictureOf = ({ place }: ClassifiedImage, px: number) => (
    <img
      alt=""
      width={px}
      height={px}
      decoding="async"
      style={{ objectFit: 'cover', width: '100%', height: '100%' }}
      src={`/api/projects/${projectId}/classifications/${classificationId}/thumbnails/${place}`}
      // The file is gone, or belongs to an earlier drop: the neutral ground stays.
      onError={({ currentTarget }) => currentTarget.removeAttribute('src')}
    />
  );
  return (
    <>
      <PagedGrid
        label={words.results}
        pages={pages}
        tilePx={TILE_PX}
        found={words.classified}
        hint={words.openHint}
        captionOf={captionOf}
        renderPicture={(image) => pictureOf(image, TILE_PX)}
        onOpen={setOpened}
      />
      {opened && (
        <Dialog
          opened
          onClose={() => setOpened(null)}
          size="lg"
          title={fileNameOf(opened.path)}
          closeButtonProps={{ 'aria-label': text.shell.close }}
        >
          <Group align="flex-start">
            <div style={{ width: scaled(OPENED_PX), height: scaled(OPENED_PX), background: 'var(--line)' }}>
              {pictureOf(opened, OPENED_PX)}
            </div>
            <Said image={opened} />
          </Group>
          <Text size="sm" c="dimmed" mt="sm" style={{ overflowWrap: 'anywhere' }}>
            {opened.path}
          </Text>
          <ShowInFileManager path={opened.path} />
          <Correct projectId={projectId} classificationId={classificationId} image={opened} />
        </Dialog>
      )}
    </>
  );
}

interface CorrectProps {
  readonly projectId: string;
  readonly classificationId: string;
  readonly image: ClassifiedImage;
}

/** A classified image may not be in the collection: its folder is added first, and only then can it be labelled. */
function Correct({ projectId, classificationId, image: { place, top, unreadable } }: CorrectProps) {
  const { data: info } = useClassifiedImage(projectId, classificationId, place);
  const { data: collection } = useCollection(projectId);
  const add = useAddSource(projectId);
  if (!info || unreadable !== null) return null;
  const { imageId, folder } = info;
  if (imageId !== null) {
    const idOf = (name: string) => collection?.classes.find((one) => one.name === name)?.id;
    return (
      <Stack gap="sm" mt="sm">
        <FixLabel
          projectId={projectId}
          imageId={imageId}
          named={top.flatMap(({ className }) => idOf(className) ?? [])}
        />
        <TrainAgain projectId={projectId} />
      </Stack>
    );
  }
  const { outside, dropped, addFolder, added } = text.correcting;
  return (
    <Stack gap="xs" mt="sm" align="flex-start">
      <Text size="sm">{folder === null ? dropped : outside}</Text>
      {folder !== null && !add.data && (
        <Writes>
          <Button
            size="xs"
            variant="default"
            loading={add.isPending}
            onClick={() => add.mutate({ kind: 'unlabelled', folder, split: null })}
          >
            {addFolder}
          </Button>
        </Writes>
      )}
      {add.data && (
        <Text size="sm" role="status">
          {added}
        </Text>
      )}
      {add.error && <FailureState error={add.error} />}
    </Stack>
  );
}

function Said({ image: { top, said, unreadable, unlike } }: { readonly image: ClassifiedImage }) {
  const isSaid = (name: string) => said?.some(({ className }) => className === name) === true;
  // With many classes, more may reach their thresholds than the few best that are stored for every image.
  const listed = [...(said ?? []), ...top.filter(({ className }) => !isSaid(className))];
  if (unreadable !== null) return <Text style={{ flex: 1 }}>{unreadable}</Text>;
  return (
    <div style={{ flex: 1 }}>
      {unlike && <Text mb="xs">{words.unlike}</Text>}
      <Table>
        <Table.Thead>
          <Table.Tr>
            <Table.Th scope="col">{words.columns.class}</Table.Th>
            <Table.Th scope="col">{words.columns.probability}</Table.Th>
            {said !== null && <Table.Th scope="col">{words.columns.said}</Table.Th>}
          </Table.Tr>
        </Table.Thead>
        <Table.Tbody>
          {listed.map(({ className, probability }) => (
            <Table.Tr key={className}>
              <Table.Th scope="row">{className}</Table.Th>
              <Table.Td>{formatPercent(probability)}</Table.Td>
              {said !== null && <Table.Td>{isSaid(className) ? words.isSaid : words.isNotSaid}</Table.Td>}
            </Table.Tr>
          ))}
        </Table.Tbody>
      </Table>
    </div>
  );
}

function captionOf({ path, top: [best], said, unreadable, unlike }: ClassifiedImage): string {
  if (unreadable !== null || !best) return words.unreadable(fileNameOf(path), unreadable ?? '');
  if (unlike) return words.captionUnlike(best.className, fileNameOf(path));
  if (said !== null) return words.captionSeveral(joinedNames(said.map(({ className }) => className)), fileNameOf(path));
  return words.caption(best.className, best.probability, fileNameOf(path));
}
