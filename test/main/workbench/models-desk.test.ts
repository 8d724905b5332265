/**
 * The page's way to a file from an address: its description is shown, the workbench fetches it as a job, and every project can
 * use it.
 */
import { mkdirSync, readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { createApp } from '../../../main/api/app.ts';
import type { WorkbenchContext } from '../../../main/workbench/context.ts';
import type { Job } from '../../../main/workbench/contract/jobs.ts';
import type { ModelsView } from '../../../main/workbench/contract/models.ts';
import { createWorkbench } from '../../../main/workbench/workbench.ts';
import { closeContext, newContext, until } from './workbench-context.ts';

const content = Buffer.alloc(3_000_000, 'understudy');
const server = createServer((_, response) => {
  response.writeHead(200, { 'content-length': content.length, etag: '"one"' }).end(content);
});

let context: WorkbenchContext;
let projectId: string;
let root: string;
let app: ReturnType<typeof createApp>;
let address: string;

beforeAll(async () => {
  ({ context, projectId, root } = await newContext());
  const options = { settingsFolder: join(root, 'settings'), projectsFolder: root };
  app = createApp(createWorkbench({ ...options, host: 'browser', version: 'test' }, context), { logBug: () => {} });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  address = `http://127.0.0.1:${(server.address() as AddressInfo).port}/net.onnx`;
});
afterAll(async () => {
  server.closeAllConnections();
  server.close();
  await closeContext(context);
});

async function post<T>(path: string, body: unknown): Promise<{ readonly status: number; readonly json: T }> {
  const headers = { 'content-type': 'application/json' };
  const response = await app.request(`/api${path}`, { method: 'POST', headers, body: JSON.stringify(body) });
  return { status: response.status, json: (await response.json()) as T };
}

test('an address is examined, downloaded as a job with its progress, and the file is offered afterwards', async () => {
  expect((await post('/models/look', { address })).json).toMatchObject({ name: 'net.onnx', bytes: content.length });
  const { json: job } = await post<Job>(`/projects/${projectId}/models/download`, { address });
  const ended = await until(context, job.id, 'succeeded', 'failed');
  const file = join(root, 'settings', 'models', 'net.onnx');
  expect(ended).toMatchObject({
    ...{ state: 'succeeded', reason: null, result: { kind: 'downloaded', file, bytes: content.length } },
    progress: { done: 3, total: 3, unit: 'megabytes' },
  });
  expect(readFileSync(file).equals(content)).toBe(true);
  const view = (await (await app.request('/api/models')).json()) as ModelsView;
  expect(view.files).toMatchObject([{ path: file, bytes: content.length }]);
  expect(view.first.length).toBeGreaterThan(0);
});

test('anything but an address is refused, and the folder can be changed', async () => {
  const refused = { '/etc/passwd': 400, 'ftp://a.example/net.onnx': 400, 'http://192.0.2.1/net.onnx': 422 };
  for (const [wrong, status] of Object.entries(refused)) {
    expect((await post('/models/look', { address: wrong })).status, wrong).toBe(status);
    expect((await post(`/projects/${projectId}/models/download`, { address: wrong })).status, wrong).toBe(status);
  }
  mkdirSync(join(root, 'other'));
  expect((await post<ModelsView>('/models/folder', { folder: join(root, 'other') })).json).toMatchObject({
    ...{ folder: join(root, 'other'), away: null, files: [] },
  });
  expect((await post('/models/folder', { folder: join(root, 'gone') })).status).toBe(422);
});
