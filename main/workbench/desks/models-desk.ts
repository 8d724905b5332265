/**
 * The folder of model files that all projects share: its contents, and downloads into it from addresses that a person enters.
 */
import { z } from 'zod';
import { firstFiles } from '../../pipeline/first-files.ts';
import { lookAtAddress, type RemoteFile, requireAddress } from '../../pipeline/models-folder/address.ts';
import { download } from '../../pipeline/models-folder/download.ts';
import { chooseModelsFolder, listModels, modelsFolder } from '../../pipeline/models-folder/models-folder.ts';
import type { WorkbenchContext } from '../context.ts';
import type { Job, JobResult } from '../contract/jobs.ts';
import type { ModelsView } from '../contract/models.ts';
import type { ModelsDesk as Service } from '../services.ts';
import type { JobHandle } from '../work/job-work.ts';

const parameters = z.object({ address: z.string() });
const BYTES_IN_A_MEGABYTE = 1e6;

export class ModelsDesk implements Service {
  readonly #context: WorkbenchContext;

  constructor(context: WorkbenchContext) {
    this.#context = context;
    context.jobs.register('downloadModel', (_projectId, kept) => {
      const { address } = parameters.parse(kept);
      return (job) => this.#download(address, job);
    });
  }

  async list(): Promise<ModelsView> {
    return { ...(await listModels(this.#context.settingsFolder)), first: firstFiles };
  }

  async choose(folder: string): Promise<ModelsView> {
    await chooseModelsFolder(this.#context.settingsFolder, folder);
    return await this.list();
  }

  async lookAt(address: string, signal: AbortSignal): Promise<RemoteFile> {
    return await lookAtAddress(address, signal);
  }

  async download(projectId: string, address: string): Promise<Job> {
    await this.#context.projects.find(projectId);
    const title = `Downloading from ${requireAddress(address).host}`;
    return this.#context.jobs.submit({ kind: 'downloadModel', projectId, title, lane: 'io', parameters: { address } });
  }

  async #download(address: string, { signal, progress, awaits, log }: JobHandle): Promise<JobResult> {
    awaits('sender');
    const remote = await lookAtAddress(address, signal);
    const { file, bytes, sha256 } = await download(remote, await modelsFolder(this.#context.settingsFolder), {
      signal,
      sha256: firstFiles.find(({ url }) => url === address)?.sha256,
      onProgress: (done, total) =>
        progress(
          {
            ...{ label: 'Downloading', unit: 'megabytes', detail: remote.name },
            done: Math.ceil(done / BYTES_IN_A_MEGABYTE),
            total: total === undefined ? null : Math.ceil(total / BYTES_IN_A_MEGABYTE),
          },
          'sender',
        ),
    });
    log(`${file}: SHA-256 ${sha256}`);
    return { kind: 'downloaded', file, bytes };
  }
}
