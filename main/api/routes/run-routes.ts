/** Training, labelling and comparing: recipes and their cost, runs and their figures. */
import { Hono } from 'hono';
import { z } from 'zod';
import { broughtAs } from '../../pipeline/bring-teacher.ts';
import { bringPresets } from '../../workbench/contract/runs.ts';
import type { Workbench } from '../../workbench/services.ts';
import { checked, effort, evaluationQuery, goal, page, path, recipeChoice, runId, wholeNumber } from '../validation.ts';

const project = '/projects/:project';
const bringChoice = z.strictObject({
  file: path,
  as: z.enum(broughtAs).optional(),
  preset: z.enum(bringPresets).optional(),
});
/** More runs than any project has. */
const MOST_DEPENDENTS = 10_000;
const runParam = z.object({ project: z.string(), run: runId });

export function runRoutes({ runs }: Workbench) {
  return new Hono()
    .get(`${project}/runs`, async (c) => c.json(await runs.list(c.req.param('project'))))
    .get(`${project}/runs/:run/curve`, checked('param', runParam), async (c) =>
      c.json(await runs.curve(c.req.param('project'), c.req.valid('param').run)),
    )
    .get(`${project}/runs/:run/classes`, checked('param', runParam), async (c) =>
      c.json(await runs.classes(c.req.param('project'), c.req.valid('param').run)),
    )
    .post(
      `${project}/runs/:run/extend`,
      checked('param', runParam),
      checked('json', z.strictObject({ images: wholeNumber.min(1) })),
      async (c) =>
        c.json(await runs.extend(c.req.param('project'), c.req.valid('param').run, c.req.valid('json').images)),
    )
    .post(`${project}/runs/:run/keep`, checked('param', runParam), async (c) =>
      c.json(await runs.keep(c.req.param('project'), c.req.valid('param').run)),
    )
    .get(`${project}/runs/:run/deletion`, checked('param', runParam), async (c) =>
      c.json(await runs.deletion(c.req.param('project'), c.req.valid('param').run)),
    )
    .post(
      `${project}/runs/:run/delete`,
      checked('param', runParam),
      checked('json', z.strictObject({ dependents: z.array(runId).max(MOST_DEPENDENTS) })),
      async (c) => {
        const { dependents } = c.req.valid('json');
        await runs.delete(c.req.param('project'), c.req.valid('param').run, dependents);
        return c.json({ done: true });
      },
    )
    .post(`${project}/runs/:run/use-as-teacher`, checked('param', runParam), async (c) => {
      await runs.useTeacher(c.req.param('project'), c.req.valid('param').run);
      return c.json({ done: true });
    })
    .post(`${project}/recipe`, checked('json', recipeChoice), async (c) => {
      const { recipe, set } = c.req.valid('json');
      return c.json(await runs.recipe(c.req.param('project'), recipe, set));
    })
    .post(`${project}/estimate`, checked('json', recipeChoice.extend({ goal })), async (c) => {
      const { goal: wanted, recipe, set } = c.req.valid('json');
      return c.json(await runs.estimate(c.req.param('project'), wanted, recipe, set));
    })
    .post(`${project}/run`, checked('json', recipeChoice.extend({ goal })), async (c) => {
      const { goal: wanted, recipe, set } = c.req.valid('json');
      return c.json(await runs.run(c.req.param('project'), wanted, recipe, set));
    })
    .get(`${project}/learning`, async (c) => c.json(await runs.learning(c.req.param('project'))))
    .post(`${project}/learning`, async (c) => c.json(await runs.learn(c.req.param('project'))))
    .get(`${project}/efforts`, async (c) => c.json(await runs.efforts(c.req.param('project'))))
    .post(`${project}/efforts/:effort/run`, checked('param', z.object({ project: z.string(), effort })), async (c) =>
      c.json(await runs.runEffort(c.req.param('project'), c.req.valid('param').effort)),
    )
    .post(`${project}/teachers/look`, checked('json', z.strictObject({ file: path })), async (c) =>
      c.json(await runs.lookAtFile(c.req.param('project'), c.req.valid('json').file)),
    )
    .post(`${project}/teachers/import`, checked('json', bringChoice), async (c) => {
      const { file, ...choice } = c.req.valid('json');
      return c.json(await runs.importTeacher(c.req.param('project'), file, choice));
    })
    .get(`${project}/evaluations`, async (c) => c.json(await runs.evaluations(c.req.param('project'))))
    .get(`${project}/evaluations/:run`, checked('param', runParam), async (c) =>
      c.json(await runs.evaluation(c.req.param('project'), c.req.valid('param').run)),
    )
    .post(
      `${project}/evaluations/:run/images`,
      checked('param', runParam),
      checked('json', z.strictObject({ query: evaluationQuery, ...page.shape })),
      async (c) => {
        const { query, offset, limit } = c.req.valid('json');
        return c.json(
          await runs.evaluatedImages(c.req.param('project'), c.req.valid('param').run, query, { offset, limit }),
        );
      },
    );
}
