/**
 * The desktop's door: the same pages and the same API as for browsers, behind the page's own scheme. In place of a browser's
 * link and cookie: the scheme exists in one session, which holds only our page, and each request names its initiator. A
 * function of a Request, without Electron.
 */
import { Hono } from 'hono';
import { addPageAndApi } from '../main/server/page-and-api.ts';
import type { PageFiles } from '../main/server/page-files.ts';
import { refusal } from '../main/server/refusal.ts';
import { securityHeaders } from '../main/server/security-headers.ts';
import type { Workbench } from '../main/workbench/services.ts';
import { LiveAnswers } from './live-answers.ts';
import { isOurs, ORIGIN } from './scheme.ts';

/** Electron reports the initiator of a request; it is absent if Electron itself made it, such as for a window's first page. */
export type AppRequest = Request & { readonly initiatorOrigin?: string | null };

export interface DesktopDoor {
  handle(request: AppRequest): Promise<Response>;
  /** The window is gone: ends what is still being sent to it. */
  endAnswers(): void;
  readonly liveAnswers: number;
}

export interface DesktopDoorOptions {
  readonly workbench: Workbench;
  readonly pageFiles: PageFiles;
  /** A person opened or created this project. */
  readonly projectOpened: (folder: string) => void;
  readonly logBug: (error: unknown) => void;
}

const CHANGES_NOTHING = new Set(['GET', 'HEAD']);
/** A project, or an answer that contains one. */
type Opened = { readonly folder: string } | { readonly project: { readonly folder: string } };
const OPENS_A_PROJECT = new Set(['/api/projects/open', '/api/projects/create', '/api/sample/open']);

export function createDesktopDoor(options: DesktopDoorOptions): DesktopDoor {
  const app = new Hono();
  app.use(securityHeaders());
  app.use(async (c, next) => {
    await next();
    if (OPENS_A_PROJECT.has(c.req.path) && c.res.status === 200) {
      const opened = (await c.res.clone().json()) as Opened;
      options.projectOpened('project' in opened ? opened.project.folder : opened.folder);
    }
  });
  addPageAndApi(app, options);
  const refusing = new Hono();
  refusing.use(securityHeaders());
  refusing.all('*', (c) => refusal(c, 403, 'Only Understudy’s own window may request this.'));
  const answers = new LiveAnswers();
  return {
    // Electron's own facts about the request are lost when it is copied, so they are read first.
    handle: async (request) =>
      await answers.answer(request, async (copy) => await (isForeign(request) ? refusing : app).fetch(copy)),
    endAnswers: () => answers.endAll(),
    get liveAnswers() {
      return answers.count;
    },
  };
}

function isForeign({ url, method, headers, initiatorOrigin }: AppRequest): boolean {
  const said = [initiatorOrigin, headers.get('Origin')].filter((origin) => typeof origin === 'string');
  if (!isOurs(url) || said.some((origin) => origin !== ORIGIN)) return true;
  const site = headers.get('Sec-Fetch-Site');
  if (site !== null && site !== 'same-origin' && site !== 'none') return true;
  // A change without an initiator is not from our page.
  return said.length === 0 && !CHANGES_NOTHING.has(method);
}
