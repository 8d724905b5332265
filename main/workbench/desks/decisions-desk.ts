/** A person's decisions about images, undo and redo, and which images to label by hand next. */
import { mergedClasses } from '../../catalogue/classes.ts';
import {
  decide,
  decideLabels,
  decideLabelsOf,
  decideOf,
  imagesBetweenRanks,
  matchingImages,
  readHistory,
  redoAction,
  undoAction,
} from '../../catalogue/decisions.ts';
import type { Project } from '../../catalogue/project.ts';
import type { WorkbenchContext } from '../context.ts';
import type {
  DecisionHistory,
  DecisionMade,
  DecisionRequest,
  LabellingOrder,
  LabellingQueue,
} from '../contract/decisions.ts';
import { labellingQueue } from '../ranking/labelling-queue.ts';
import { type RanksState, topPOf } from '../ranking/ranks-state.ts';
import type { RanksStates } from '../ranking/ranks-states.ts';
import type { DecisionsDesk as Service } from '../services.ts';

export class DecisionsDesk implements Service {
  readonly #context: WorkbenchContext;
  readonly #states: RanksStates;

  constructor(context: WorkbenchContext, states: RanksStates) {
    this.#context = context;
    this.#states = states;
  }

  async decide(projectId: string, request: DecisionRequest): Promise<DecisionMade> {
    const made = await decideOn(await this.#states.of(projectId), request);
    this.#tell(projectId);
    return made;
  }

  async undo(projectId: string, actionId?: number): Promise<DecisionHistory> {
    return await this.#step(projectId, (database) => undoAction(database, actionId));
  }

  async redo(projectId: string): Promise<DecisionHistory> {
    return await this.#step(projectId, redoAction);
  }

  async history(projectId: string): Promise<DecisionHistory> {
    return await readHistory((await this.#opened(projectId)).database);
  }

  async labellingQueue(
    projectId: string,
    order: LabellingOrder,
    limit: number,
    seed: number,
    classId?: number,
  ): Promise<LabellingQueue> {
    return await labellingQueue(await this.#opened(projectId), order, limit, seed, classId);
  }

  async #opened(projectId: string): Promise<Project> {
    return await this.#context.projects.opened(projectId);
  }

  /** Merging classes is also an act: undoing or redoing it changes more than decisions. */
  async #step(projectId: string, step: typeof redoAction): Promise<DecisionHistory> {
    const { database } = await this.#opened(projectId);
    const before = await mergedClasses(database);
    const history = await step(database);
    this.#tell(projectId);
    if (before.join() !== (await mergedClasses(database)).join()) {
      for (const part of ['classes', 'collection'] as const) {
        this.#context.events.tell({ kind: 'projectChanged', projectId, part });
      }
    }
    return history;
  }

  #tell(projectId: string): void {
    this.#context.events.tell({ kind: 'projectChanged', projectId, part: 'decisions' });
  }
}

async function decideOn(state: RanksState, request: DecisionRequest): Promise<DecisionMade> {
  const { database, scores } = state.project;
  const { target } = request;
  const act = async (images: string) =>
    request.decision === 'labels'
      ? await decideLabels(database, { classIds: request.classIds, images })
      : await decide(database, { kind: request.decision, classId: request.classId, images });
  switch (target.kind) {
    case 'images':
      return request.decision === 'labels'
        ? await decideLabelsOf(database, target.imageIds, request.classIds)
        : await decideOf(database, target.imageIds, { kind: request.decision, classId: request.classId });
    case 'matching':
      return await act(matchingImages(target.query));
    case 'ranks': {
      // The ranks that the person sees: those at the project's P, which may be smaller than the run's.
      const run = await state.labelRun(target.labelRunId);
      const { classId, further = [] } = target;
      const ranges = [target, ...further];
      const topP = topPOf(run, await state.settings());
      return await act(imagesBetweenRanks(await scores.table(run.id), { classId, topP, ranges }));
    }
    default:
      return target satisfies never;
  }
}
