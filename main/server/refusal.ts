/** A refusal by the server itself: a sentence for a person who follows a link, otherwise in the shape of the API's failures. */
import type { Context } from 'hono';

export function refusal(c: Context, status: 401 | 403 | 404 | 405 | 421, message: string): Response {
  if (c.req.header('Accept')?.includes('text/html')) return c.text(message, status);
  return c.json({ failure: { name: 'RequestRefused', message, expected: true } }, status);
}
