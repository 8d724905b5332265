/** The `RanksState` of each open project: made on first use, informed of every change, shared by the desks. */
import type { Project } from '../../catalogue/project.ts';
import type { WorkbenchContext } from '../context.ts';
import { RankingCache } from './class-ranking.ts';
import { RanksState } from './ranks-state.ts';
import { SetAsideImages } from './set-aside-images.ts';

export class RanksStates {
  readonly #context: WorkbenchContext;
  readonly #rankings = new RankingCache();
  readonly #setAside: SetAsideImages;
  readonly #states = new Map<string, RanksState>();

  constructor(context: WorkbenchContext) {
    this.#context = context;
    this.#setAside = new SetAsideImages((project) => this.#found(project));
    const forever = new AbortController().signal;
    context.events.listen((event) => {
      if (event.kind === 'projectChanged') this.#states.get(event.projectId)?.changed(event.part);
    }, forever);
  }

  async of(projectId: string): Promise<RanksState> {
    const project = await this.#context.projects.opened(projectId);
    const known = this.#states.get(projectId);
    if (known?.project === project) return known;
    const state = new RanksState(project, this.#rankings, this.#setAside);
    this.#states.set(projectId, state);
    return state;
  }

  #found(project: Project): void {
    for (const [projectId, state] of this.#states) {
      if (state.project === project) {
        this.#context.events.tell({ kind: 'projectChanged', projectId, part: 'selection' });
      }
    }
  }
}
