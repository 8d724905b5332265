/** From a run back to its origins: the runs before it, and the exact images. */

import { Hono } from 'hono';
import { z } from 'zod';
import { imageUses } from '../../workbench/contract/runs.ts';
import type { Workbench } from '../../workbench/services.ts';
import { checked, page, runId } from '../validation.ts';

const project = '/projects/:project';
const runParam = z.object({ project: z.string(), run: runId });
const use = z.enum(imageUses);

export function lineageRoutes({ runs }: Workbench) {
  return new Hono()
    .get(`${project}/runs/:run/lineage`, checked('param', runParam), async (c) =>
      c.json(await runs.lineage(c.req.param('project'), c.req.valid('param').run)),
    )
    .get(
      `${project}/runs/:run/images`,
      checked('param', runParam),
      checked('query', page.extend({ use })),
      async (c) => {
        const { use: wanted, ...window } = c.req.valid('query');
        return c.json(await runs.images(c.req.param('project'), c.req.valid('param').run, wanted, window));
      },
    );
}
