/** Starting: recent projects, new ones, the sample; the folders of this workstation, by name only. */
import { Hono } from 'hono';
import { z } from 'zod';
import type { Workbench } from '../../workbench/services.ts';
import { checked, path } from '../validation.ts';

const projectName = z.string().trim().min(1).max(120);

export function projectRoutes({ projects }: Workbench) {
  return new Hono()
    .get('/start', async (c) => c.json(await projects.start()))
    .post(
      '/projects/create',
      checked('json', z.strictObject({ folder: path, name: projectName.optional() })),
      async (c) => {
        const { folder, name } = c.req.valid('json');
        return c.json(await projects.create(folder, name));
      },
    )
    .post('/projects/open', checked('json', z.strictObject({ folder: path })), async (c) =>
      c.json(await projects.open(c.req.valid('json').folder)),
    )
    .post('/projects/forget', checked('json', z.strictObject({ folder: path })), async (c) => {
      await projects.forget(c.req.valid('json').folder);
      return c.json({ done: true });
    })
    .post('/sample/open', async (c) => c.json(await projects.openSample()))
    .get('/folders', checked('query', z.object({ folder: path.optional() })), async (c) =>
      c.json(await projects.listFolder(c.req.valid('query').folder)),
    )
    .post('/folders', checked('json', z.strictObject({ folder: path })), async (c) =>
      c.json(await projects.makeFolder(c.req.valid('json').folder)),
    )
    .get('/projects/:project', async (c) => c.json(await projects.find(c.req.param('project'))))
    .post('/projects/:project/close', async (c) => {
      await projects.close(c.req.param('project'));
      return c.json({ done: true });
    });
}
