/**
 * What a request is for has to exist before anything of its body is read: the route, for this method, the project and the
 * run. Throws `RequestRefused` or `NotFound`.
 */
import type { RouterRoute } from 'hono/types';
import { NotFound } from '../workbench/failures.ts';
import type { Workbench } from '../workbench/services.ts';
import { RequestRefused } from './failures.ts';
import { runId } from './validation.ts';

const PROJECT = /^\/api\/projects\/([^/]+)\/(?:(?:runs|ranks|evaluations)\/([^/]+)\/)?[^/]/;

export function targetCheck(workbench: Workbench, routes: () => readonly RouterRoute[]) {
  let known: readonly { readonly method: string; readonly path: RegExp }[] | undefined;
  return async (method: string, path: string): Promise<void> => {
    known ??= routes()
      .filter((route) => route.method !== 'ALL')
      .map((route) => ({ method: route.method, path: asExpression(route.path) }));
    requireMethod(method, path, known);
    // Reading finds out by itself, and has no body.
    if (method !== 'POST') return;
    const [, project, run] = PROJECT.exec(path) ?? [];
    if (project === undefined) return;
    await workbench.projects.find(project);
    if (run !== undefined && runId.safeParse(run).success) await workbench.runs.require(project, run);
  };
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
  throw new RequestRefused(`${path} answers to ${allowed} alone.`, 405, { Allow: allowed });
}

function asExpression(route: string): RegExp {
  return new RegExp(`^${route.replaceAll(/:\w+/g, '[^/]+')}$`);
}
