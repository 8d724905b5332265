/**
 * Refuses requests that our page never sends: a foreign Host (another name that resolves to this machine: DNS rebinding), a
 * foreign Origin, anything a browser marks as cross-site, a change without an Origin.
 */
import type { MiddlewareHandler } from 'hono';
import { refusal } from './refusal.ts';

const CHANGES_NOTHING = new Set(['GET', 'HEAD']);

export function requestGuard(port: () => number): MiddlewareHandler {
  return async (c, next) => {
    const host = c.req.header('Host');
    if (host !== `127.0.0.1:${port()}` && host !== `localhost:${port()}`) {
      return refusal(c, 421, 'This address is not Understudy’s: use the link that the terminal shows.');
    }
    const origin = c.req.header('Origin');
    const site = c.req.header('Sec-Fetch-Site');
    const foreign = origin !== undefined ? origin !== `http://${host}` : !CHANGES_NOTHING.has(c.req.method);
    if (foreign || (site !== undefined && site !== 'same-origin' && site !== 'none')) {
      return refusal(c, 403, 'Other sites may not use Understudy: open the link that the terminal shows directly.');
    }
    return await next();
  };
}
