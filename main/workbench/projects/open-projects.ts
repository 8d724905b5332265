/**
 * Keeps each open project open once, by id. A recently opened project is opened again when it is requested, so that a page
 * keeps working after the workbench was restarted.
 */
import { realpath } from 'node:fs/promises';
import { createProject, openProject, type Project } from '../../catalogue/project.ts';
import { projectFolder } from '../../catalogue/project-file.ts';
import type { ProjectKind, ProjectRef } from '../contract/projects.ts';
import { Closing, NotFound } from '../failures.ts';
import type { JobQueue } from '../work/job-queue.ts';
import { projectIdOf, type RecentProjects } from './recent-projects.ts';

interface Opened {
  readonly ref: ProjectRef;
  readonly project: Project;
}

export class OpenProjects {
  readonly recents: RecentProjects;
  readonly #jobs: JobQueue;
  readonly #open = new Map<string, Promise<Opened>>();
  readonly #closings = new Map<string, Promise<void>>();
  #closing = false;

  constructor(recents: RecentProjects, jobs: JobQueue) {
    this.recents = recents;
    this.#jobs = jobs;
  }

  /** Throws what `createProject` throws. */
  async create(folder: string, name?: string, kind: ProjectKind = {}): Promise<ProjectRef> {
    const made = await createProject(folder, { name, ...kind });
    await made.close();
    return await this.open(folder);
  }

  /** By its folder or its file. Throws what `openProject` throws. */
  async open(path: string): Promise<ProjectRef> {
    const folder = projectFolder(path);
    const { ref } = await this.#opened(await projectIdOf(folder), folder);
    await this.recents.remember(ref.name, ref.folder);
    return ref;
  }

  /** Like `open`, but does not count as opened by a person. */
  async reopen(folder: string): Promise<ProjectRef> {
    return (await this.#opened(await projectIdOf(folder), folder)).ref;
  }

  /** Throws `NotFound` for an id that was never opened here, and what `openProject` throws. */
  async opened(projectId: string): Promise<Project> {
    return (await this.#find(projectId)).project;
  }

  async find(projectId: string): Promise<ProjectRef> {
    return (await this.#find(projectId)).ref;
  }

  /** The currently open projects. */
  async all(): Promise<readonly ProjectRef[]> {
    const settled = await Promise.allSettled(this.#open.values());
    return settled.flatMap((outcome) => (outcome.status === 'fulfilled' ? [outcome.value.ref] : []));
  }

  /** Stops the project's jobs at their next checkpoint first. */
  async close(projectId: string): Promise<void> {
    const opening = this.#open.get(projectId);
    if (!opening) return await this.#closings.get(projectId);
    this.#open.delete(projectId);
    const closing = this.#close(projectId, opening).finally(() => this.#closings.delete(projectId));
    this.#closings.set(projectId, closing);
    await closing;
  }

  async closeAll(): Promise<void> {
    this.#closing = true;
    await Promise.all([...this.#open.keys()].map((projectId) => this.close(projectId)));
    await Promise.all(this.#closings.values());
  }

  async #find(projectId: string): Promise<Opened> {
    const opening = this.#open.get(projectId);
    if (opening) return await opening;
    const recent = await this.recents.find(projectId);
    if (!recent) {
      throw new NotFound(`There is no project ${projectId} among the recent ones: open its folder on the start page.`);
    }
    return await this.#opened(projectId, recent.folder);
  }

  async #opened(projectId: string, folder: string): Promise<Opened> {
    if (this.#closing) throw new Closing();
    const present = this.#open.get(projectId);
    if (present) return await present;
    const opening = this.#openNow(projectId, folder);
    this.#open.set(projectId, opening);
    opening.catch(() => {
      if (this.#open.get(projectId) === opening) this.#open.delete(projectId);
    });
    return await opening;
  }

  async #openNow(projectId: string, path: string): Promise<Opened> {
    await this.#closings.get(projectId);
    const project = await openProject(path, { toLook: true });
    await this.#jobs.adopt(projectId, project.name, project.path('jobs'), ({ message }) => project.notes.add(message));
    const folder = await realpath(project.directory);
    const readOnly = project.writable
      ? null
      : 'its folder or disk is write-protected or full (open it again when that is fixed)';
    const labels = await project.catalogue.labelSetting();
    const { name, clipFrames = null } = project;
    return { project, ref: { id: projectId, name, folder, readOnly, labels, clipFrames } };
  }

  async #close(projectId: string, opening: Promise<Opened>): Promise<void> {
    const opened = await opening.catch(() => undefined);
    if (!opened) return;
    await this.#jobs.release(projectId);
    await opened.project.close();
  }
}
