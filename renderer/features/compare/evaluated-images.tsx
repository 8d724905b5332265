/** Held-out images that answer a question about the models, any number of them; each opens with every model's answer. */
import { Group, Stack, Table, Text } from '@mantine/core';
import { useState } from 'react';
import type {
  EvaluatedImageWindow,
  EvaluatedModel,
  EvaluationQuery,
  EvaluationView,
} from '../../../main/api/contract.ts';
import { at } from '../../../main/at.ts';
import { api } from '../../client.ts';
import { Dialog } from '../../components/dialog.tsx';
import { scaled } from '../../components/look-scale.ts';
import { PagedGrid } from '../../components/paged-grid.tsx';
import { ShowInFileManager } from '../../components/show-in-file-manager.tsx';
import { usePages } from '../../components/use-pages.ts';
import { desktop } from '../../desktop.ts';
import { formatPercent } from '../../format.ts';
import { Picture } from '../../images/picture.tsx';
import { usePicturesAhead } from '../../images/use-pictures-ahead.ts';
import { useImageDetail } from '../../queries/ranks-queries.ts';
import { text } from '../../text/en.ts';
import { FixLabel } from '../../training/fix-label.tsx';
import { TrainAgain } from '../../training/train-again.tsx';

const words = text.compare;
const TILE_PX = 120;
const OPENED_PX = 340;

type EvaluatedImage = EvaluatedImageWindow['images'][number];

interface EvaluatedImagesProps {
  readonly projectId: string;
  readonly view: EvaluationView;
  readonly query: EvaluationQuery;
  readonly model: EvaluatedModel;
}

export function EvaluatedImages({ projectId, view, query, model }: EvaluatedImagesProps) {
  const [opened, setOpened] = useState<EvaluatedImage | null>(null);
  const pages = usePages<EvaluatedImage>(
    ['project', projectId, 'runs', 'evaluated-images', view.runId, query],
    (page, init) =>
      api.projects[':project'].evaluations[':run'].images.$post(
        { param: { project: projectId, run: view.runId }, json: { query, ...page } },
        init,
      ),
  );
  const said = ({ predictions }: EvaluatedImage) =>
    predictions.find((one) => one.model === model) ?? at(predictions, 0);
  const ahead = usePicturesAhead(projectId, TILE_PX, (index) => pages.itemAt(index)?.imageId);
  return (
    <>
      <PagedGrid
        label={words.look}
        pages={pages}
        onVisible={ahead}
        tilePx={TILE_PX}
        found={words.found}
        hint={words.openHint}
        captionOf={(image) =>
          words.tile(
            at(view.classNames, image.trueClass),
            at(view.classNames, said(image).predictedClass),
            said(image).probability,
          )
        }
        renderPicture={({ imageId }) => <Picture projectId={projectId} imageId={imageId} boxPx={TILE_PX} alt="" />}
        onOpen={setOpened}
      />
      {opened && <Opened projectId={projectId} view={view} image={opened} close={() => setOpened(null)} />}
    </>
  );
}

interface OpenedProps {
  readonly projectId: string;
  readonly view: EvaluationView;
  readonly image: EvaluatedImage;
  readonly close: () => void;
}

function Opened({ projectId, view, image: { imageId, trueClass, predictions }, close }: OpenedProps) {
  const truth = at(view.classNames, trueClass);
  const isCalibrated = view.models.some(({ evaluation }) => evaluation.calibration);
  // Only the desktop uses these details here.
  const { data: detail } = useImageDetail(projectId, desktop() ? imageId : null);
  return (
    <Dialog
      opened
      onClose={close}
      size="xl"
      title={words.dialog.truth(truth)}
      closeButtonProps={{ 'aria-label': text.shell.close }}
    >
      <Group align="flex-start" wrap="wrap">
        <div
          style={{ width: scaled(OPENED_PX), maxWidth: '100%', height: scaled(OPENED_PX), background: 'var(--line)' }}
        >
          <Picture projectId={projectId} imageId={imageId} boxPx={OPENED_PX} alt={truth} fit="contain" now />
        </div>
        <Stack gap="xs" style={{ flex: 1, minWidth: 240 }}>
          <Table>
            <Table.Thead>
              <Table.Tr>
                <Table.Th scope="col">{words.columns.model}</Table.Th>
                <Table.Th scope="col">{words.dialog.said}</Table.Th>
                <Table.Th scope="col">{isCalibrated ? words.dialog.probability : words.dialog.uncalibrated}</Table.Th>
              </Table.Tr>
            </Table.Thead>
            <Table.Tbody>
              {predictions.map(({ model, predictedClass, probability }) => (
                <Table.Tr key={model}>
                  <Table.Th scope="row">{words.models[model]}</Table.Th>
                  <Table.Td>
                    {view.classNames[predictedClass]}{' '}
                    <Text span size="sm" c={predictedClass === trueClass ? 'var(--good)' : 'var(--bad)'}>
                      {predictedClass === trueClass ? `✓ ${words.dialog.right}` : `✗ ${words.dialog.wrong}`}
                    </Text>
                  </Table.Td>
                  <Table.Td>{formatPercent(probability)}</Table.Td>
                </Table.Tr>
              ))}
            </Table.Tbody>
          </Table>
          <FixLabel
            projectId={projectId}
            imageId={imageId}
            named={predictions.toReversed().map(({ predictedClass }) => at(view.classIds, predictedClass))}
          />
          <TrainAgain projectId={projectId} />
          {detail && <ShowInFileManager path={`${detail.folder}/${detail.path}`} />}
        </Stack>
      </Group>
    </Dialog>
  );
}
