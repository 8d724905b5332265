/** What corrected labels require and change: the work to repeat, and the differences once it is done. */
import { dirname } from 'node:path';
import type { SelectionChange } from '../../catalogue/two-comparisons.ts';
import { findImage, ImageNotKnown } from '../../pipeline/find-image.ts';
import { selectionChangesOf, whatChanged } from '../../pipeline/what-changed.ts';
import { reachedGoal } from '../../pipeline/work-again.ts';
import type { WorkbenchContext } from '../context.ts';
import type {
  ChangedImageWindow,
  ClassifiedImageInfo,
  ComparisonPair,
  WhatChanged,
  WorkAgain,
} from '../contract/corrections.ts';
import { classifiedFile } from '../runs/classifications.ts';
import type { Page, RunsDesk, CorrectionsDesk as Service } from '../services.ts';

export class CorrectionsDesk implements Service {
  readonly #context: WorkbenchContext;
  readonly #runs: Pick<RunsDesk, 'recipe' | 'estimate'>;

  constructor(context: WorkbenchContext, runs: Pick<RunsDesk, 'recipe' | 'estimate'>) {
    this.#context = context;
    this.#runs = runs;
  }

  async again(projectId: string): Promise<WorkAgain> {
    const goal = await reachedGoal(await this.#context.projects.opened(projectId));
    if (goal === undefined) return { kind: 'nothing', reason: null };
    const { unfit } = await this.#runs.recipe(projectId, undefined, []);
    if (unfit !== null) return { kind: 'nothing', reason: unfit };
    const estimate = await this.#runs.estimate(projectId, goal, undefined, []);
    const open = estimate.stages.filter(({ done }) => !done);
    if (open.length === 0) return { kind: 'learnt' };
    return { kind: 'stale', goal, stages: open.map(({ stage }) => stage), seconds: estimate.seconds };
  }

  async changes(projectId: string, pair: ComparisonPair): Promise<WhatChanged> {
    return await whatChanged(await this.#context.projects.opened(projectId), pair);
  }

  async changedImages(
    projectId: string,
    pair: ComparisonPair,
    change: SelectionChange,
    classId: number | undefined,
    page: Page,
  ): Promise<ChangedImageWindow> {
    return await selectionChangesOf(await this.#context.projects.opened(projectId), pair, change, classId, page);
  }

  async classifiedImage(projectId: string, classificationId: string, place: number): Promise<ClassifiedImageInfo> {
    const project = await this.#context.projects.opened(projectId);
    const file = await classifiedFile(project, classificationId, place);
    const dropped = file.startsWith(project.path('cache'));
    const found = await findImage(project, file).catch((error: unknown) => {
      if (error instanceof ImageNotKnown) return undefined;
      throw error;
    });
    return { imageId: found?.kind === 'image' ? found.id : null, folder: dropped ? null : dirname(file) };
  }
}
