/**
 * The one door: the whole application as a function from Request to Response. The browser host serves it on localhost, the
 * desktop behind its own scheme, tests call it. Knows nothing of sockets, cookies and files of the page: `main/server/` does.
 */
import { Hono } from 'hono';
import { bodyLimit } from 'hono/body-limit';
import type { Workbench } from '../workbench/services.ts';
import { asFailure, failureBody, failureStatus, RequestRefused } from './failures.ts';
import { collectionRoutes } from './routes/collection-routes.ts';
import { jobRoutes } from './routes/job-routes.ts';
import { lineageRoutes } from './routes/lineage-routes.ts';
import { modelUseRoutes } from './routes/model-use-routes.ts';
import { projectRoutes } from './routes/project-routes.ts';
import { rankRoutes } from './routes/rank-routes.ts';
import { runRoutes } from './routes/run-routes.ts';

const LARGEST_JSON_BYTES = 2 * 2 ** 20;
const LARGEST_DROP_BYTES = 256 * 2 ** 20;

export function createApp(workbench: Workbench, options: { readonly logBug: (error: unknown) => void }) {
  const limit = (maxSize: number) =>
    bodyLimit({
      maxSize,
      onError: () => {
        throw new RequestRefused(`The request is larger than ${maxSize / 2 ** 20} MiB: send less at a time.`);
      },
    });
  const small = limit(LARGEST_JSON_BYTES);
  const large = limit(LARGEST_DROP_BYTES);
  return new Hono()
    .basePath('/api')
    .use((c, next) => (c.req.path.endsWith('/classify-images') ? large : small)(c, next))
    .onError((thrown, c) => {
      const error = asFailure(thrown);
      const status = failureStatus(error);
      if (status === 500) options.logBug(error);
      return c.json(failureBody(error), status);
    })
    .notFound((c) =>
      c.json({ failure: { name: 'NotFound', message: `There is nothing at ${c.req.path}.`, expected: true } }, 404),
    )
    .route('/', projectRoutes(workbench))
    .route('/', jobRoutes(workbench))
    .route('/', collectionRoutes(workbench))
    .route('/', rankRoutes(workbench))
    .route('/', runRoutes(workbench))
    .route('/', lineageRoutes(workbench))
    .route('/', modelUseRoutes(workbench));
}

/** For the typed client: `hc<Api>`. */
export type Api = ReturnType<typeof createApp>;
