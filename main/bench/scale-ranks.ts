/**
 * The rank measures of bench:scale: scores of invented images, three of a hundred classes each, and every query on
 * them.
 */
import { mkdir } from 'node:fs/promises';
import { decideOf, undoAction } from '../catalogue/decisions.ts';
import { inventClasses } from '../catalogue/invented-rows.ts';
import type { Project } from '../catalogue/project.ts';
import { RankScratch } from '../catalogue/rank-file.ts';
import { writeSelection } from '../catalogue/selection.ts';
import type { RunRecord } from '../pipeline/run-record.ts';
import { writeRun } from '../pipeline/runs.ts';
import { mix32 } from '../random.ts';
import { RankingCache } from '../workbench/ranking/class-ranking.ts';
import { RanksState } from '../workbench/ranking/ranks-state.ts';
import { SetAsideImages } from '../workbench/ranking/set-aside-images.ts';

const [CLASSES, TOP_P] = [100, 3];
const PARTITION_IMAGES = 8192;
const VETOED = 10_000;
const [LABELS, SELECTED] = ['label-000000000001', 'select-000000000001'];

export class ScaleRanks {
  readonly #project: Project;
  readonly #images: number;
  readonly #state: RanksState;
  readonly #run: RunRecord;

  constructor(project: Project, images: number) {
    this.#project = project;
    this.#images = images;
    this.#state = new RanksState(project, new RankingCache(), new SetAsideImages(() => {}));
    this.#run = labelRun(images);
  }

  async writeScores(): Promise<void> {
    const { database, scores } = this.#project;
    await inventClasses(database, CLASSES);
    for (let first = 0, partition = 0; first < this.#images; first += PARTITION_IMAGES, partition++) {
      const count = Math.min(PARTITION_IMAGES, this.#images - first);
      const rows = {
        ...{ imageIds: new Int32Array(count), topP: TOP_P },
        ...{ classIds: new Int32Array(count * TOP_P), probabilities: new Float32Array(count * TOP_P) },
      };
      for (let image = 0; image < count; image++) {
        rows.imageIds[image] = first + image;
        for (let place = 0; place < TOP_P; place++) {
          rows.classIds[image * TOP_P + place] = classAt(first + image, place);
          rows.probabilities[image * TOP_P + place] = scoreAt(first + image, place);
        }
      }
      await scores.writePartition(LABELS, partition, rows);
    }
    await scores.finish(LABELS, Math.ceil(this.#images / PARTITION_IMAGES));
    await mkdir(this.#project.path('runs', LABELS), { recursive: true });
    await writeRun(this.#project, this.#run);
  }

  async rank(): Promise<void> {
    await this.#project.scores.rankAll(LABELS);
  }

  /**
   * Throws unless every class has exactly its rows, best first and ties in order of id: that is what any sort of them
   * gives.
   */
  async checkRanks(): Promise<void> {
    const { scores } = this.#project;
    const scratch = new RankScratch();
    let rows = 0;
    for (const classId of (await scores.rankedClasses(LABELS)).keys()) {
      const { imageIds, scores: own, places } = await scores.ranking(LABELS, classId, scratch);
      let [lastScore, lastImage] = [Number.POSITIVE_INFINITY, -1];
      for (let row = 0; row < imageIds.length; row++) {
        const [image, score, place] = [imageIds[row] as number, own[row] as number, (places[row] as number) - 1];
        const isItsOwn = image < this.#images && place < TOP_P && classAt(image, place) === classId;
        const isInOrder = score < lastScore || (score === lastScore && image > lastImage);
        if (!isItsOwn || !isInOrder || Math.fround(scoreAt(image, place)) !== score) {
          throw new RangeError(`row ${row} of class ${classId} is not where a sort would put it: image ${image}`);
        }
        [lastScore, lastImage] = [score, image];
      }
      rows += imageIds.length;
    }
    if (rows !== this.#images * TOP_P) throw new RangeError(`${this.#images * TOP_P} rows were scored, ${rows} ranked`);
  }

  async window(): Promise<void> {
    await this.#state.line(this.#run, 1, await this.#state.settings());
  }

  async balance(): Promise<void> {
    await this.#state.lines(this.#run, await this.#state.settings());
  }

  async moveLine(): Promise<void> {
    await this.#state.lines(this.#run, await this.#state.settings({ k: Math.ceil(this.#images / 1000) }));
  }

  async veto(): Promise<void> {
    const { database, scores } = this.#project;
    const { imageIds } = await scores.ranking(LABELS, 1);
    await decideOf(database, imageIds.subarray(0, VETOED), { kind: 'veto', classId: 1 });
    this.#state.changed('decisions');
    await this.balance();
  }

  async undo(): Promise<void> {
    await undoAction(this.#project.database);
    this.#state.changed('decisions');
    await this.balance();
  }

  async select(): Promise<void> {
    await mkdir(this.#project.path('runs', SELECTED), { recursive: true });
    await writeSelection(this.#project, SELECTED, {
      ...{
        runId: LABELS,
        k: Math.ceil(this.#images / CLASSES / 4),
        topP: TOP_P,
        order: 'ranked',
        balanced: true,
        seed: 0,
      },
      classIds: Array.from({ length: CLASSES }, (_, classId) => classId),
      excludedImages: new Int32Array(),
    });
  }
}

function classAt(image: number, place: number): number {
  return (mix32(image) + 37 * place) % CLASSES;
}

function scoreAt(image: number, place: number): number {
  return mix32(mix32(image) + place) / 2 ** 32 / (place + 1);
}

function labelRun(images: number): RunRecord {
  const now = new Date().toISOString();
  return {
    ...{ id: LABELS, stage: 'label', key: LABELS, parents: [], state: 'succeeded', reason: null, seed: 0, recipe: {} },
    ...{ engine: 'onnxruntime', device: 'cpu', versions: {}, startedAt: now, finishedAt: now },
    metrics: { images, topP: TOP_P },
  };
}
