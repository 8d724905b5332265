/**
 * The single entrance (“door”): the whole application as a function from Request to Response. The browser host serves it on
 * localhost, the desktop behind its own scheme, and tests call it directly. It knows nothing of sockets, cookies and the page's
 * files: `main/server/` does.
 */
import { Hono } from 'hono';
import type { Workbench } from '../workbench/services.ts';
import { BodyGate, type BodyLimits } from './body-gate.ts';
import { asFailure, failureBody, failureHeaders, failureStatus } from './failures.ts';
import { targetCheck } from './request-target.ts';
import { collectionRoutes } from './routes/collection-routes.ts';
import { correctionRoutes } from './routes/correction-routes.ts';
import { experimentRoutes } from './routes/experiment-routes.ts';
import { jobRoutes } from './routes/job-routes.ts';
import { lineageRoutes } from './routes/lineage-routes.ts';
import { modelFileRoutes } from './routes/model-file-routes.ts';
import { modelUseRoutes } from './routes/model-use-routes.ts';
import { projectRoutes } from './routes/project-routes.ts';
import { rankRoutes } from './routes/rank-routes.ts';
import { runRoutes } from './routes/run-routes.ts';

export interface AppOptions {
  readonly logBug: (error: unknown) => void;
  readonly bodies?: Partial<BodyLimits>;
}

export function createApp(workbench: Workbench, options: AppOptions) {
  const bodies = new BodyGate(options.bodies);
  const app = new Hono().basePath('/api');
  const requireTarget = targetCheck(workbench, () => app.routes);
  return app
    .use(async (c, next) => {
      await requireTarget(c.req.method, c.req.path);
      c.set('bodies', bodies);
      await next();
    })
    .onError((thrown, c) => {
      const error = asFailure(thrown);
      const status = failureStatus(error);
      if (status === 500) options.logBug(error);
      return c.json(failureBody(error), status, failureHeaders(error));
    })
    .route('/', projectRoutes(workbench))
    .route('/', jobRoutes(workbench))
    .route('/', collectionRoutes(workbench))
    .route('/', rankRoutes(workbench))
    .route('/', runRoutes(workbench))
    .route('/', experimentRoutes(workbench))
    .route('/', modelFileRoutes(workbench))
    .route('/', lineageRoutes(workbench))
    .route('/', correctionRoutes(workbench))
    .route('/', modelUseRoutes(workbench));
}

/** For the typed client: `hc<Api>`. */
export type Api = ReturnType<typeof createApp>;
