/** What corrected labels changed. */
import { Hono } from 'hono';
import { z } from 'zod';
import { selectionChanges } from '../../workbench/contract/corrections.ts';
import type { Workbench } from '../../workbench/services.ts';
import { checked, classificationId, page, runId, wholeNumber } from '../validation.ts';

const project = '/projects/:project';
const pair = z.object({ before: runId.optional(), after: runId.optional() });

export function correctionRoutes({ corrections }: Workbench) {
  return new Hono()
    .get(`${project}/again`, async (c) => c.json(await corrections.again(c.req.param('project'))))
    .get(`${project}/changes`, checked('query', pair), async (c) =>
      c.json(await corrections.changes(c.req.param('project'), c.req.valid('query'))),
    )
    .get(
      `${project}/changes/images`,
      checked(
        'query',
        pair.extend(page.shape).extend({ change: z.enum(selectionChanges), class: wholeNumber.optional() }),
      ),
      async (c) => {
        const { before, after, change, class: classId, offset, limit } = c.req.valid('query');
        const images = await corrections.changedImages(c.req.param('project'), { before, after }, change, classId, {
          offset,
          limit,
        });
        return c.json(images);
      },
    )
    .get(
      `${project}/classifications/:classification/images/:place`,
      checked('param', z.object({ project: z.string(), classification: classificationId, place: wholeNumber })),
      async (c) => {
        const { classification, place } = c.req.valid('param');
        return c.json(await corrections.classifiedImage(c.req.param('project'), classification, place));
      },
    );
}
