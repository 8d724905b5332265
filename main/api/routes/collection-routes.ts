/** Sources, classes, images, and people's decisions about them. */

import { Hono } from 'hono';
import { z } from 'zod';
import { sourceColumnsSchema } from '../../pipeline/source-columns.ts';
import { sourceKinds, splits } from '../../workbench/contract/collection.ts';
import { labellingOrders } from '../../workbench/contract/decisions.ts';
import type { Workbench } from '../../workbench/services.ts';
import { checked, decision, imagePlace, imageQuery, page, path, storagePlace, wholeNumber } from '../validation.ts';

const project = '/projects/:project';
const sourceParam = z.object({ project: z.string(), source: wholeNumber });
const classParam = z.object({ project: z.string(), class: wholeNumber });
/** Someone who skips images gets far ahead of what is labelled. */
const MOST_IMAGES_TO_LABEL = 1000;
const className = z.string().trim().min(1).max(120);

export function collectionRoutes({ collection, decisions }: Workbench) {
  return new Hono()
    .get(`${project}/collection`, async (c) => c.json(await collection.summary(c.req.param('project'))))
    .post(
      `${project}/sources`,
      checked(
        'json',
        z.strictObject({
          kind: z.enum(sourceKinds),
          folder: imagePlace,
          split: z.enum(splits).nullable().default(null),
          columns: sourceColumnsSchema.optional(),
          storage: storagePlace.optional(),
        }),
      ),
      async (c) => c.json(await collection.addSource(c.req.param('project'), c.req.valid('json'))),
    )
    .get(`${project}/lists`, checked('query', z.object({ file: path })), async (c) =>
      c.json(await collection.lookAtList(c.req.param('project'), c.req.valid('query').file)),
    )
    .post(`${project}/sources/:source/rescan`, checked('param', sourceParam), async (c) =>
      c.json(await collection.rescanSource(c.req.param('project'), c.req.valid('param').source)),
    )
    .post(
      `${project}/sources/:source/move`,
      checked('param', sourceParam),
      checked('json', z.strictObject({ folder: imagePlace })),
      async (c) =>
        c.json(
          await collection.moveSource(c.req.param('project'), c.req.valid('param').source, c.req.valid('json').folder),
        ),
    )
    .post(`${project}/sources/:source/remove`, checked('param', sourceParam), async (c) => {
      await collection.removeSource(c.req.param('project'), c.req.valid('param').source);
      return c.json({ done: true });
    })
    .get(`${project}/images`, checked('query', imageQuery.extend(page.shape)), async (c) => {
      const { offset, limit, ...query } = c.req.valid('query');
      return c.json(await collection.images(c.req.param('project'), query, { offset, limit }));
    })
    .get(`${project}/problems`, checked('query', page), async (c) =>
      c.json(await collection.problems(c.req.param('project'), c.req.valid('query'))),
    )
    .get(`${project}/duplicates`, checked('query', page), async (c) =>
      c.json(await collection.duplicates(c.req.param('project'), c.req.valid('query'))),
    )
    .post(`${project}/classes`, checked('json', z.strictObject({ name: className })), async (c) =>
      c.json(await collection.createClass(c.req.param('project'), c.req.valid('json').name)),
    )
    .post(
      `${project}/classes/:class`,
      checked('param', classParam),
      checked(
        'json',
        z.strictObject({
          name: className.optional(),
          colour: z
            .string()
            .regex(/^#[0-9a-f]{6}$/i, 'must be a colour such as #1f77b4')
            .optional(),
          key: z.string().length(1).nullable().optional(),
        }),
      ),
      async (c) => {
        await collection.changeClass(c.req.param('project'), c.req.valid('param').class, c.req.valid('json'));
        return c.json({ done: true });
      },
    )
    .post(
      `${project}/classes/:class/merge`,
      checked('param', classParam),
      checked('json', z.strictObject({ intoClassId: wholeNumber })),
      async (c) => {
        await collection.mergeClass(
          c.req.param('project'),
          c.req.valid('param').class,
          c.req.valid('json').intoClassId,
        );
        return c.json({ done: true });
      },
    )
    .post(`${project}/decisions`, checked('json', decision), async (c) =>
      c.json(await decisions.decide(c.req.param('project'), c.req.valid('json'))),
    )
    .get(`${project}/decisions/history`, async (c) => c.json(await decisions.history(c.req.param('project'))))
    .post(`${project}/decisions/undo`, checked('query', z.object({ actionId: wholeNumber.optional() })), async (c) =>
      c.json(await decisions.undo(c.req.param('project'), c.req.valid('query').actionId)),
    )
    .post(`${project}/decisions/redo`, async (c) => c.json(await decisions.redo(c.req.param('project'))))
    .get(
      `${project}/labelling-queue`,
      checked(
        'query',
        z.object({
          order: z.enum(labellingOrders).default('random'),
          limit: wholeNumber.max(MOST_IMAGES_TO_LABEL).default(50),
          seed: wholeNumber.default(0),
          class: wholeNumber.optional(),
        }),
      ),
      async (c) => {
        const { order, limit, seed, class: classId } = c.req.valid('query');
        return c.json(await decisions.labellingQueue(c.req.param('project'), order, limit, seed, classId));
      },
    );
}
