/** A refusal of the server itself: a sentence for a person who follows a link, else in the shape that the API's failures have. */
import type { Context } from 'hono';

export function refusal(c: Context, status: 401 | 403 | 404 | 405 | 421, message: string): Response {
  if (c.req.header('Accept')?.includes('text/html')) return c.text(message, status);
  return c.json({ failure: { name: 'RequestRefused', message, expected: true } }, status);
}
