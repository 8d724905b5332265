/** Jobs and devices, and the stream of everything that changes. */
import { Hono } from 'hono';
import { streamSSE } from 'hono/streaming';
import { z } from 'zod';
import type { Workbench } from '../../workbench/services.ts';
import { checked } from '../validation.ts';

/** Proxies and the browser keep a quiet stream open; a page learns within this time that the server is gone. */
const HEARTBEAT_MS = 5000;

export function jobRoutes({ jobs, devices, events }: Workbench) {
  return new Hono()
    .get('/jobs', (c) => c.json(jobs.list()))
    .get('/jobs/:job/log', (c) => c.json(jobs.log(c.req.param('job'))))
    .post('/jobs/forget-ended', async (c) => {
      await jobs.forgetEnded();
      return c.json({ done: true });
    })
    .post(
      '/jobs/:job/:action',
      checked('param', z.object({ job: z.string().max(100), action: z.enum(['pause', 'resume', 'cancel', 'finish']) })),
      async (c) => {
        const { job, action } = c.req.valid('param');
        return c.json(await jobs.act(job, action));
      },
    )
    .get('/devices', checked('query', z.object({ project: z.string().max(100).optional() })), async (c) =>
      c.json(await devices.view(c.req.valid('query').project)),
    )
    .post('/devices/examine', async (c) => c.json(await devices.examine()))
    .get('/events', (c) =>
      streamSSE(c, async (stream) => {
        const { signal } = c.req.raw;
        const ended = new Promise<void>((resolve) => {
          signal.addEventListener('abort', () => resolve(), { once: true });
          stream.onAbort(resolve);
        });
        const over = new AbortController();
        events.listen((event) => void stream.writeSSE({ data: JSON.stringify(event) }), over.signal);
        const heartbeat = setInterval(() => void stream.writeSSE({ event: 'heartbeat', data: '' }), HEARTBEAT_MS);
        await stream.writeSSE({ event: 'heartbeat', data: '' });
        await ended;
        clearInterval(heartbeat);
        over.abort();
      }),
    );
}
