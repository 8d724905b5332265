/** The start screen: existing projects, opening and closing them, and the folders of this machine. */
import { ExpectedFailure } from '../../failure.ts';
import type { WorkbenchContext } from '../context.ts';
import type { FolderInside, FolderListing, ProjectKind, ProjectRef, StartInfo } from '../contract/projects.ts';
import { folderInsides, listFolder, makeFolder } from '../projects/folder-listing.ts';
import type { ProjectFaces } from '../projects/project-faces.ts';
import { projectIdOf } from '../projects/recent-projects.ts';
import { SampleProjects } from '../projects/sample-project.ts';
import type { ProjectsDesk as Service } from '../services.ts';

export interface HostFacts {
  readonly host: 'browser' | 'desktop';
  readonly version: string;
  /** The default place for a new project. */
  readonly projectsFolder: string;
}

export class ProjectsDesk implements Service {
  readonly #context: WorkbenchContext;
  readonly #facts: HostFacts;
  readonly #samples: SampleProjects;
  readonly #faces: ProjectFaces;

  constructor(context: WorkbenchContext, facts: HostFacts, faces: ProjectFaces) {
    this.#context = context;
    this.#facts = facts;
    this.#faces = faces;
    this.#samples = new SampleProjects(context);
  }

  async start(): Promise<StartInfo> {
    const { version, host, projectsFolder } = this.#facts;
    await this.#rememberOpen();
    const faces = await this.#faces.all();
    const recents = await Promise.all(
      (await this.#context.projects.recents.list()).map(async (recent) => {
        const id = await projectIdOf(recent.folder);
        const { pictures = [], accuracy = null } = faces.get(id) ?? {};
        return { ...recent, id, pictures: pictures.length, accuracy };
      }),
    );
    return { version, host, recents, projectsFolder };
  }

  async create(folder: string, name: string | undefined, kind?: ProjectKind): Promise<ProjectRef> {
    return await this.#context.projects.create(folder, name, kind);
  }

  async open(folder: string): Promise<ProjectRef> {
    return await this.#context.projects.open(folder);
  }

  async find(projectId: string): Promise<ProjectRef> {
    return await this.#context.projects.find(projectId);
  }

  async close(projectId: string): Promise<void> {
    await this.#rememberOpen(projectId);
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

  async insides(folder: string): Promise<readonly FolderInside[]> {
    return await folderInsides(folder);
  }

  /** For all open projects, or for one. A project that cannot be read now keeps its previous appearance. */
  async #rememberOpen(only?: string): Promise<void> {
    const { projects } = this.#context;
    for (const { id } of await projects.all()) {
      if (only !== undefined && id !== only) continue;
      await projects
        .opened(id)
        .then((project) => this.#faces.remember(id, project))
        .catch((error: unknown) => {
          if (!(error instanceof ExpectedFailure)) throw error;
        });
    }
  }

  /** The source folders of the open projects. */
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
