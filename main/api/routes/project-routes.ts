/**
 * The start screen: recent projects with a few pictures each, new projects, the sample; the folders of this machine to choose
 * from.
 */
import { type Context, Hono } from 'hono';
import { z } from 'zod';
import { MOST_CLIP_FRAMES } from '../../sample-shape.ts';
import { labelSettings } from '../../workbench/contract/projects.ts';
import type { Workbench } from '../../workbench/services.ts';
import { checked, path, wholeNumber } from '../validation.ts';

const projectName = z.string().trim().min(1).max(120);

function jpeg(c: Context, picture: Uint8Array) {
  const headers = { 'Content-Type': 'image/jpeg', 'Cache-Control': 'private, max-age=600' };
  return c.body(Uint8Array.from(picture), 200, headers);
}

export function projectRoutes({ projects, pictures }: Workbench) {
  return new Hono()
    .get('/start', async (c) => c.json(await projects.start()))
    .post(
      '/projects/create',
      checked(
        'json',
        z.strictObject({
          folder: path,
          name: projectName.optional(),
          labels: z.enum(labelSettings).optional(),
          clipFrames: wholeNumber.min(1).max(MOST_CLIP_FRAMES).optional(),
        }),
      ),
      async (c) => {
        const { folder, name, ...kind } = c.req.valid('json');
        return c.json(await projects.create(folder, name, kind));
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
    .get('/folders/insides', checked('query', z.object({ folder: path })), async (c) =>
      c.json(await projects.insides(c.req.valid('query').folder)),
    )
    .get('/folders/picture', checked('query', z.object({ file: path })), async (c) =>
      jpeg(c, await pictures.filePicture(c.req.valid('query').file, c.req.raw.signal)),
    )
    .get(
      '/recents/:project/pictures/:place',
      checked('param', z.object({ project: z.string().regex(/^[0-9a-f]{1,64}$/), place: wholeNumber.max(100) })),
      async (c) => {
        const { project, place } = c.req.valid('param');
        return jpeg(c, await pictures.facePicture(project, place, c.req.raw.signal));
      },
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
