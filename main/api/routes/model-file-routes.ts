/** Model files that all projects share, and downloads into their folder. The workbench downloads, never the page. */
import { Hono } from 'hono';
import { z } from 'zod';
import type { Workbench } from '../../workbench/services.ts';
import { checked, path } from '../validation.ts';

const address = z
  .string()
  .trim()
  .regex(/^https?:\/\/\S+$/i, 'must be an address that begins with https://')
  .max(4000);

export function modelFileRoutes({ models }: Workbench) {
  return new Hono()
    .get('/models', async (c) => c.json(await models.list()))
    .post('/models/folder', checked('json', z.strictObject({ folder: path })), async (c) =>
      c.json(await models.choose(c.req.valid('json').folder)),
    )
    .post('/models/look', checked('json', z.strictObject({ address })), async (c) =>
      c.json(await models.lookAt(c.req.valid('json').address, c.req.raw.signal)),
    )
    .post('/projects/:project/models/download', checked('json', z.strictObject({ address })), async (c) =>
      c.json(await models.download(c.req.param('project'), c.req.valid('json').address)),
    );
}
