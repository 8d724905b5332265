/** Jobs and devices, and the stream of everything that changes. */

import { Hono } from 'hono';
import { z } from 'zod';
import { jobActions } from '../../workbench/contract/jobs.ts';
import type { Workbench } from '../../workbench/services.ts';
import { EventStreams } from '../event-streams.ts';
import { checked } from '../validation.ts';

export function jobRoutes({ jobs, devices, events }: Workbench) {
  const streams = new EventStreams(events);
  return new Hono()
    .get('/jobs', (c) => c.json(jobs.list()))
    .get('/jobs/:job/log', (c) => c.json(jobs.log(c.req.param('job'))))
    .post('/jobs/forget-ended', async (c) => {
      await jobs.forgetEnded();
      return c.json({ done: true });
    })
    .post(
      '/jobs/:job/:action',
      checked('param', z.object({ job: z.string().max(100), action: z.enum(jobActions) })),
      async (c) => {
        const { job, action } = c.req.valid('param');
        return c.json(await jobs.act(job, action));
      },
    )
    .get('/devices', checked('query', z.object({ project: z.string().max(100).optional() })), async (c) =>
      c.json(await devices.view(c.req.valid('query').project)),
    )
    .post('/devices/examine', async (c) => c.json(await devices.examine()))
    .get('/events', (c) => streams.answer(c));
}
