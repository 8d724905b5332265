/** Starting: which projects there are, opening and closing them, and the folders of this workstation, by name only. */

import { absentFeature } from './absent.ts';
import type { WorkbenchContext } from './context.ts';
import type { Job } from './contract/jobs.ts';
import type { FolderListing, ProjectRef, StartInfo } from './contract/projects.ts';
import type { ProjectsDesk as Service } from './services.ts';

export interface HostFacts {
  readonly host: 'browser' | 'desktop';
  readonly version: string;
  /** Where a new project is offered to be put. */
  readonly projectsFolder: string;
}

export class ProjectsDesk implements Service {
  readonly #context: WorkbenchContext;
  readonly #facts: HostFacts;

  constructor(context: WorkbenchContext, facts: HostFacts) {
    this.#context = context;
    this.#facts = facts;
  }

  async start(): Promise<StartInfo> {
    const { version, host, projectsFolder } = this.#facts;
    return { version, host, recents: await this.#context.projects.recents.list(), projectsFolder };
  }

  async create(folder: string, name: string | undefined): Promise<ProjectRef> {
    return await this.#context.projects.create(folder, name);
  }

  async open(folder: string): Promise<ProjectRef> {
    return await this.#context.projects.open(folder);
  }

  async find(projectId: string): Promise<ProjectRef> {
    return await this.#context.projects.find(projectId);
  }

  async close(projectId: string): Promise<void> {
    await this.#context.projects.close(projectId);
  }

  async forget(folder: string): Promise<void> {
    await this.#context.projects.recents.forget(folder);
  }

  async openSample(): Promise<{ readonly project: ProjectRef; readonly job: Job | null }> {
    throw absentFeature('The sample');
  }

  async listFolder(_folder: string | undefined): Promise<FolderListing> {
    throw absentFeature('The folder browser');
  }

  async makeFolder(_folder: string): Promise<FolderListing> {
    throw absentFeature('The folder browser');
  }
}
