/** The ranking, class by class, and the K line through it. */

import { Hono } from 'hono';
import { z } from 'zod';
import { rankChanges } from '../../workbench/contract/ranks.ts';
import type { Workbench } from '../../workbench/services.ts';
import { checked, page, runId, settingsChange, settingsQuery, wholeNumber } from '../validation.ts';

const project = '/projects/:project';
const ranking = `${project}/ranks/:labelRun`;
const runParam = z.object({ project: z.string(), labelRun: runId });
const classParam = runParam.extend({ class: wholeNumber });

export function rankRoutes({ ranks }: Workbench) {
  return new Hono()
    .get(`${project}/ranks`, async (c) => c.json(await ranks.overview(c.req.param('project'))))
    .post(`${project}/selection-settings`, checked('json', settingsChange), async (c) =>
      c.json(await ranks.changeSettings(c.req.param('project'), c.req.valid('json'))),
    )
    .get(`${ranking}/balance`, checked('param', runParam), checked('query', settingsQuery), async (c) =>
      c.json(await ranks.balance(c.req.param('project'), c.req.valid('param').labelRun, c.req.valid('query'))),
    )
    .get(`${ranking}/precisions`, checked('param', runParam), async (c) =>
      c.json(await ranks.precisions(c.req.param('project'), c.req.valid('param').labelRun)),
    )
    .get(
      `${ranking}/:class/window`,
      checked('param', classParam),
      checked('query', settingsQuery.extend(page.shape).extend({ beside: runId.optional() })),
      async (c) => {
        const { offset, limit, beside, ...change } = c.req.valid('query');
        const { labelRun, class: classId } = c.req.valid('param');
        return c.json(await ranks.window(c.req.param('project'), labelRun, classId, { offset, limit }, change, beside));
      },
    )
    .get(`${ranking}/:class/score-curve`, checked('param', classParam), async (c) => {
      const { labelRun, class: classId } = c.req.valid('param');
      return c.json(await ranks.scoreCurve(c.req.param('project'), labelRun, classId));
    })
    .get(
      `${ranking}/:class/rank-of`,
      checked('param', classParam),
      checked('query', z.object({ imageId: wholeNumber })),
      async (c) => {
        const { labelRun, class: classId } = c.req.valid('param');
        const { imageId } = c.req.valid('query');
        return c.json({ rank: await ranks.rankOf(c.req.param('project'), labelRun, classId, imageId) });
      },
    )
    .get(`${ranking}/:class/precision`, checked('param', classParam), async (c) => {
      const { labelRun, class: classId } = c.req.valid('param');
      return c.json(await ranks.precision(c.req.param('project'), labelRun, classId));
    })
    .get(
      `${ranking}/:class/spot-check`,
      checked('param', classParam),
      checked('query', z.object({ count: wholeNumber.min(1).max(500).default(30) })),
      async (c) => {
        const { labelRun, class: classId } = c.req.valid('param');
        return c.json(await ranks.drawSpotCheck(c.req.param('project'), labelRun, classId, c.req.valid('query').count));
      },
    )
    .post(
      `${ranking}/:class/spot-check`,
      checked('param', classParam),
      checked(
        'json',
        z.strictObject({
          imageId: wholeNumber,
          rank: wholeNumber.min(1),
          correct: z.boolean(),
          otherClassId: wholeNumber.nullable().default(null),
        }),
      ),
      async (c) => {
        const { labelRun, class: classId } = c.req.valid('param');
        return c.json(await ranks.answerSpotCheck(c.req.param('project'), labelRun, classId, c.req.valid('json')));
      },
    )
    .post(
      `${ranking}/:class/spot-check/take-back`,
      checked('param', classParam),
      checked('json', z.strictObject({ imageId: wholeNumber })),
      async (c) => {
        const { labelRun, class: classId } = c.req.valid('param');
        const { imageId } = c.req.valid('json');
        return c.json(await ranks.takeBackSpotCheck(c.req.param('project'), labelRun, classId, imageId));
      },
    )
    .get(
      `${ranking}/:class/changes`,
      checked('param', classParam),
      checked('query', page.extend({ before: runId, only: z.enum(rankChanges).optional() })),
      async (c) => {
        const { labelRun, class: classId } = c.req.valid('param');
        const { before, only, offset, limit } = c.req.valid('query');
        return c.json(await ranks.changes(c.req.param('project'), before, labelRun, classId, { offset, limit }, only));
      },
    )
    .get(
      `${project}/images/:image`,
      checked('param', z.object({ project: z.string(), image: wholeNumber })),
      async (c) => c.json(await ranks.imageDetail(c.req.param('project'), c.req.valid('param').image)),
    );
}
