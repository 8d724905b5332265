/** What every host serves once it has admitted a request: the API, and the page's files. */
import type { Hono } from 'hono';
import { createApp } from '../api/app.ts';
import type { Workbench } from '../workbench/services.ts';
import type { PageFiles } from './page-files.ts';
import { refusal } from './refusal.ts';

export interface PageAndApi {
  readonly workbench: Workbench;
  readonly pageFiles: PageFiles;
  readonly logBug: (error: unknown) => void;
}

export function addPageAndApi(app: Hono, { workbench, pageFiles, logBug }: PageAndApi): void {
  const api = createApp(workbench, { logBug });
  app.all('/api/*', (c) => api.fetch(c.req.raw));
  app.get('*', async (c) => {
    const file = await pageFiles.find(c.req.path);
    if (!file) return refusal(c, 404, `There is nothing at ${c.req.path}.`);
    return c.body(Uint8Array.from(file.content), 200, {
      'Content-Type': file.type,
      'Cache-Control': file.cacheControl,
    });
  });
  app.all('*', (c) => refusal(c, 405, 'The page’s files can only be read.'));
}
