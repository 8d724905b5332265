/** Starting: which projects there are, opening and closing them, and the folders of this workstation, by name only. */
import type { WorkbenchContext } from '../context.ts';
import type { FolderListing, ProjectRef, StartInfo } from '../contract/projects.ts';
import { listFolder, makeFolder } from '../projects/folder-listing.ts';
import { SampleProjects } from '../projects/sample-project.ts';
import type { ProjectsDesk as Service } from '../services.ts';

export interface HostFacts {
  readonly host: 'browser' | 'desktop';
  readonly version: string;
  /** Where a new project is offered to be put. */
  readonly projectsFolder: string;
}

export class ProjectsDesk implements Service {
  readonly #context: WorkbenchContext;
  readonly #facts: HostFacts;
  readonly #samples: SampleProjects;

  constructor(context: WorkbenchContext, facts: HostFacts) {
    this.#context = context;
    this.#facts = facts;
    this.#samples = new SampleProjects(context);
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

  async openSample() {
    return await this.#samples.open(this.#facts.projectsFolder);
  }

  async listFolder(folder: string | undefined): Promise<FolderListing> {
    return await listFolder(folder, await this.#sourceFolders());
  }

  async makeFolder(folder: string): Promise<FolderListing> {
    return await makeFolder(folder, await this.#sourceFolders());
  }

  /** Of the projects that are open. */
  async #sourceFolders(): Promise<string[]> {
    const { projects } = this.#context;
    const folders: string[] = [];
    for (const { id } of await projects.all()) {
      const { catalogue } = await projects.opened(id);
      folders.push(...(await catalogue.summary()).sources.map(({ folder }) => folder));
    }
    return folders;
  }
}
