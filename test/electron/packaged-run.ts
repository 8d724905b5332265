/**
 * Runs a packaged application's own code with plain Node and the stand-in for Electron: opens the sample, trains all models for
 * a moment on a few images, and prints the result as one line of JSON. Bundled and started by package.test.ts.
 */
import { setTimeout as wait } from 'node:timers/promises';
import { pathToFileURL } from 'node:url';
import { PARTITION } from '../../electron/scheme.ts';
import type { Job } from '../../main/workbench/contract/jobs.ts';
import type { RunInfo } from '../../main/workbench/contract/runs.ts';
import { electronStandIn } from './electron-stand-in.ts';

const [entry = '', home = '', labelled = '', unlabelled = ''] = process.argv.slice(2);
const SHORT = ['teacher', 'supervised'].map((stage) => `${stage}.training.images=32`);
const SHORTER = ['pretrain', 'finetune'].map((stage) => `${stage}.images=32`);
const SMALL = ['imageSizePx=32', 'batch=8', 'select.k=4', 'label.topP=1'];

process.env.UNDERSTUDY_HOME = home;
const electron = electronStandIn();
const { openDesktop } = (await import(pathToFileURL(entry).href)) as typeof import('../../electron/desktop.ts');
process.argv.splice(2);
const workbench = await openDesktop(electron.host, { listen: () => undefined });
const session = electron.sessions.get(PARTITION);

async function ask(path: string, body?: unknown): Promise<unknown> {
  const init = body === undefined ? {} : { method: 'POST', body: JSON.stringify(body) };
  const response = await session?.ask(path, { ...init, headers: { 'Content-Type': 'application/json' } });
  if (!response?.ok) throw new Error(`${path}: ${response?.status} ${await response?.text()}`);
  return await response.json();
}

async function ended({ id }: Job): Promise<Job> {
  for (;;) {
    const job = ((await ask('/api/jobs')) as Job[]).find((other) => other.id === id);
    if (job && job.state !== 'queued' && job.state !== 'running') return job;
    await wait(200);
  }
}

const page = await session?.ask('/');
const sample = (await ask('/api/sample/open', {})) as { project: { id: string }; job: Job };
const shipped = (await ask(`/api/projects/${sample.project.id}/runs`)) as RunInfo[];
// Drawing is tested elsewhere, and takes longer than everything else.
await ask(`/api/jobs/${sample.job.id}/cancel`, {});
const drawn = await ended(sample.job);
const devices = await ended(await workbench.devices.examine());
const { id } = (await ask('/api/projects/create', { folder: `${home}-project` })) as { id: string };
const project = `/api/projects/${id}`;
for (const [kind, folder] of Object.entries({ labelled, unlabelled })) {
  await ended((await ask(`${project}/sources`, { kind, folder, split: null })) as Job);
}
const choice = { recipe: 'demo', set: ['engine.device=cpu', ...SMALL, ...SHORT, ...SHORTER] };
const trained = await ended((await ask(`${project}/run`, { ...choice, goal: 'evaluate' })) as Job);
const picture = await session?.ask(`${project}/thumbnails/1`);
const outcome = {
  page: { status: page?.status, text: await page?.text() },
  shipped,
  drawn,
  devices: { job: devices, view: await workbench.devices.view(undefined) },
  trained,
  runs: (await ask(`${project}/runs`)) as RunInfo[],
  picture: picture?.headers.get('Content-Type'),
};
electron.app.quit();
while (electron.app.quitted === 0) await wait(50);
process.stdout.write(`${JSON.stringify(outcome)}\n`);
process.exit(0);
