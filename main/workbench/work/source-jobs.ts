/** Reading a source into a project as a job: adding, scanning again, moving to a new place. */

import { basename } from 'node:path';
import { z } from 'zod';
import { readSource } from '../../catalogue/change-source.ts';
import type { Project } from '../../catalogue/project.ts';
import { sourceKinds, splits } from '../../catalogue/source-use.ts';
import { countFiles } from '../../images/count-files.ts';
import type { ImportOptions } from '../../pipeline/folder-pass.ts';
import { leftOutText, missingText } from '../../pipeline/import-findings.ts';
import type { ImportedFolder } from '../../pipeline/import-folder.ts';
import { importSource } from '../../pipeline/import-source.ts';
import { reconnectSource } from '../../pipeline/reconnect-source.ts';
import { sourceColumnsSchema } from '../../pipeline/source-columns.ts';
import { visible } from '../../visible.ts';
import type { WorkbenchContext } from '../context.ts';
import type { Job, JobResult } from '../contract/jobs.ts';
import type { JobHandle } from './job-work.ts';

const parameters = z.discriminatedUnion('action', [
  z.object({
    action: z.literal('add'),
    kind: z.enum(sourceKinds),
    folder: z.string(),
    split: z.enum(splits).nullable(),
    columns: sourceColumnsSchema.optional(),
  }),
  z.object({ action: z.literal('rescan'), sourceId: z.int() }),
  z.object({ action: z.literal('move'), sourceId: z.int(), folder: z.string() }),
]);

type SourceJob = z.infer<typeof parameters>;

export class SourceJobs {
  readonly #context: WorkbenchContext;

  constructor(context: WorkbenchContext) {
    this.#context = context;
    context.jobs.register('importFolder', (projectId, kept) => {
      const job = parameters.parse(kept);
      return (handle) => this.#work(projectId, job, handle);
    });
  }

  submit(projectId: string, job: SourceJob, folder: string): Job {
    const titles = { add: 'Adding', rescan: 'Rescanning', move: 'Moving to' } as const;
    const title = `${titles[job.action]} ${basename(folder) || folder}`;
    return this.#context.jobs.submit({ kind: 'importFolder', projectId, title, lane: 'io', parameters: job });
  }

  async #work(projectId: string, job: SourceJob, handle: JobHandle): Promise<JobResult> {
    const project = await this.#context.projects.opened(projectId);
    try {
      const folder = job.action === 'rescan' ? await shownPlace(project, job.sourceId) : job.folder;
      return await read(handle, folder, async (options) => {
        if (job.action === 'move') return await reconnectSource(project, job.sourceId, job.folder, options);
        const source = job.action === 'add' ? job : await readSource(project.database, job.sourceId);
        return await importSource(project, source, options);
      });
    } finally {
      // Also after a cancel: what was read until then is in the catalogue.
      for (const part of ['collection', 'classes'] as const) {
        this.#context.events.tell({ kind: 'projectChanged', projectId, part });
      }
    }
  }
}

async function shownPlace({ database }: Project, sourceId: number): Promise<string> {
  const { folder, manifest } = await readSource(database, sourceId);
  return manifest ?? folder;
}

async function read(
  { signal, progress, awaits, log }: JobHandle,
  folder: string,
  work: (options: ImportOptions) => Promise<ImportedFolder>,
): Promise<JobResult> {
  let [files, total]: [number, number | null] = [0, null];
  const show = () => {
    // A file that appeared during the count is one more.
    const known = total === null ? null : Math.max(total, files);
    progress({ label: 'Reading', done: files, total: known, unit: 'files', detail: visible(folder) }, 'folder');
  };
  show();
  const over = new AbortController();
  const counted = countFiles(folder, AbortSignal.any([signal, over.signal])).then((count) => {
    total = count;
    if (!over.signal.aborted) show();
  });
  const { images, problems, notes, unreachable, missing } = await work({
    signal,
    onProgress: (done) => {
      files = done;
      show();
    },
  }).finally(async () => {
    over.abort();
    await counted;
  });
  total = files;
  show();
  awaits('catalogue');
  for (const note of notes) log(note);
  if (unreachable.length > 0) log('Some places could not be read; what is known of their images is kept.');
  if (missing > 0) log(`${missingText(missing)}; they count again when they are back.`);
  if (problems.length > 0) log(`${leftOutText(problems.length)}; the collection lists them with their reasons.`);
  return { kind: 'imported', images, problems: problems.length };
}
