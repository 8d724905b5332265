/** The paper's study and other grids: their questions and cost, an experiment as a job, results as tables and as a plot. */
import { Hono } from 'hono';
import { z } from 'zod';
import { EXPERIMENT_NAME, MOST_SEEDS } from '../../experiments/experiment.ts';
import { plotSchemes } from '../../experiments/experiment-svg.ts';
import { type ResultFile, resultFiles } from '../../experiments/save-experiment.ts';
import type { Workbench } from '../../workbench/services.ts';
import { checked, recipeChoice, wholeNumber } from '../validation.ts';

const project = '/projects/:project';
const LONGEST_FILE = 200_000;
const asked = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('builtIn'), name: z.string().max(100) }),
  z.strictObject({ kind: z.literal('written'), file: z.string().min(1).max(255), text: z.string().max(LONGEST_FILE) }),
]);
const experiment = recipeChoice.extend({ experiment: asked, seeds: wholeNumber.min(1).max(MOST_SEEDS).optional() });
const named = z.object({ project: z.string(), experiment: z.string().regex(EXPERIMENT_NAME) });

const TYPES: ReadonlyMap<string, string> = new Map([
  ['csv', 'text/csv; charset=utf-8'],
  ['md', 'text/markdown; charset=utf-8'],
  ['svg', 'image/svg+xml'],
]);

export function experimentRoutes({ experiments }: Workbench) {
  return new Hono()
    .post(`${project}/experiments`, checked('json', recipeChoice), async (c) =>
      c.json(await experiments.list(c.req.param('project'), c.req.valid('json'))),
    )
    .post(`${project}/experiments/estimate`, checked('json', experiment), async (c) => {
      const { experiment: one, seeds, ...recipe } = c.req.valid('json');
      return c.json(await experiments.estimate(c.req.param('project'), recipe, one, seeds));
    })
    .post(`${project}/experiments/start`, checked('json', experiment), async (c) => {
      const { experiment: one, seeds, ...recipe } = c.req.valid('json');
      return c.json(await experiments.start(c.req.param('project'), recipe, one, seeds));
    })
    .get(`${project}/experiments/:experiment/results`, checked('param', named), async (c) =>
      c.json(await experiments.results(c.req.param('project'), c.req.valid('param').experiment)),
    )
    .get(
      `${project}/experiments/:experiment/plot`,
      checked('param', named),
      // `at` is set by the page: another state of the results gets another address.
      checked('query', z.object({ scheme: z.enum(plotSchemes), at: z.string().max(60).optional() })),
      async (c) => {
        const { scheme } = c.req.valid('query');
        const svg = await experiments.plot(c.req.param('project'), c.req.valid('param').experiment, scheme);
        return c.body(svg, 200, { 'Content-Type': 'image/svg+xml' });
      },
    )
    .get(
      `${project}/experiments/:experiment/files/:file`,
      checked('param', named.extend({ file: z.enum(resultFiles) })),
      async (c) => {
        const { experiment: name, file } = c.req.valid('param');
        const bytes = await experiments.file(c.req.param('project'), name, file);
        return c.body(Uint8Array.from(bytes), 200, {
          'Content-Type': typeOf(file),
          'Content-Disposition': `attachment; filename="${name}-${file}"`,
        });
      },
    );
}

function typeOf(file: ResultFile): string {
  return TYPES.get(file.split('.').at(-1) ?? '') ?? 'application/octet-stream';
}
