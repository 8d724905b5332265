/**
 * The door for browsers: guards, session, the page's files, and behind them the API. A function of a Request, without sockets.
 */
import { Hono } from 'hono';
import { getCookie, setCookie } from 'hono/cookie';
import type { Workbench } from '../workbench/services.ts';
import { addPageAndApi } from './page-and-api.ts';
import type { PageFiles } from './page-files.ts';
import { refusal } from './refusal.ts';
import { requestGuard } from './request-guard.ts';
import { securityHeaders } from './security-headers.ts';
import type { Sessions } from './sessions.ts';

export interface BrowserAppOptions {
  readonly workbench: Workbench;
  readonly sessions: Sessions;
  readonly pageFiles: PageFiles;
  /** Known only once the server listens. */
  readonly port: () => number;
  /** Where the terminal's link leads. */
  readonly landing: string;
  /** Called when a link was used: another browser needs a new one. */
  readonly tokenUsed: () => void;
  readonly logBug: (error: unknown) => void;
}

export function createBrowserApp(options: BrowserAppOptions): Hono {
  const { sessions, port } = options;
  // Cookies do not include the port: the cookie of another server on this machine must not be confused with ours.
  const cookieName = () => `understudy-${port()}`;
  const app = new Hono();
  app.use(securityHeaders());
  app.use(requestGuard(port));
  app.use(async (c, next) => {
    const token = c.req.path === '/' && c.req.method === 'GET' ? c.req.query('token') : undefined;
    const known = sessions.valid(getCookie(c, cookieName()));
    if (token !== undefined && !known) {
      const cookie = sessions.exchange(token);
      if (cookie === null) return refusal(c, 403, 'This link has already been used: the terminal shows a new one.');
      setCookie(c, cookieName(), cookie, { path: '/', httpOnly: true, sameSite: 'Strict' });
      options.tokenUsed();
    }
    if (token !== undefined) return c.redirect(options.landing, 303);
    return known ? await next() : refusal(c, 401, 'Open Understudy with the link that the terminal shows.');
  });
  addPageAndApi(app, options);
  return app;
}
