/**
 * Before anything of a request's body is read, its target has to exist: the route, for this method, the project, and the run,
 * folder, class or job that its path names. Throws `RequestRefused` or `NotFound`.
 */
import type { RouterRoute } from 'hono/types';
import { NotFound } from '../workbench/failures.ts';
import type { Workbench } from '../workbench/services.ts';
import { RequestRefused } from './failures.ts';
import { runId, wholeNumber } from './validation.ts';

const PROJECT = /^\/api\/projects\/([^/]+)\/[^/]/;
const JOB = /^\/api\/jobs\/([^/]+)\/[^/]/;

export function targetCheck(workbench: Workbench, routes: () => readonly RouterRoute[]) {
  let known: readonly { readonly method: string; readonly path: RegExp }[] | undefined;
  return async (method: string, path: string): Promise<void> => {
    known ??= routes()
      .filter((route) => route.method !== 'ALL')
      .map((route) => ({ method: route.method, path: asExpression(route.path) }));
    requireMethod(method, path, known);
    // A GET request has no body, and its handler checks the target itself.
    if (method !== 'POST') return;
    const [, job] = JOB.exec(path) ?? [];
    if (job !== undefined) workbench.jobs.log(job);
    const [, project] = PROJECT.exec(path) ?? [];
    if (project === undefined) return;
    await workbench.projects.find(project);
    for (const part of parts(workbench)) {
      const id = part.path.exec(path)?.[1];
      if (id !== undefined && part.id.safeParse(id).success) await part.require(project, id);
    }
  };
}

/** What a path can name inside a project. An impossible id is refused with the name of its parameter. */
function parts({ runs, collection }: Workbench) {
  const requireClass = (project: string, id: string) => collection.requireClass(project, Number(id));
  return [
    {
      path: /^\/api\/projects\/[^/]+\/(?:runs|ranks|evaluations)\/([^/]+)\/[^/]/,
      id: runId,
      require: (project: string, id: string) => runs.require(project, id),
    },
    {
      path: /^\/api\/projects\/[^/]+\/sources\/([^/]+)\/[^/]/,
      id: wholeNumber,
      require: (project: string, id: string) => collection.requireSource(project, Number(id)),
    },
    { path: /^\/api\/projects\/[^/]+\/classes\/([^/]+)(?:\/|$)/, id: wholeNumber, require: requireClass },
    { path: /^\/api\/projects\/[^/]+\/ranks\/[^/]+\/([^/]+)\/[^/]/, id: wholeNumber, require: requireClass },
  ];
}

function requireMethod(
  method: string,
  path: string,
  known: readonly { readonly method: string; readonly path: RegExp }[],
): void {
  const here = known.filter((route) => route.path.test(path)).map((route) => route.method);
  if (here.length === 0) throw new NotFound(`There is nothing at ${path}.`);
  const asked = method === 'HEAD' ? 'GET' : method;
  if (here.includes(asked)) return;
  const allowed = [...new Set(here)].join(', ');
  throw new RequestRefused(`${path} only supports ${allowed}.`, 405, { Allow: allowed });
}

function asExpression(route: string): RegExp {
  return new RegExp(`^${route.replaceAll(/:\w+/g, '[^/]+')}$`);
}
