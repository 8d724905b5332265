/** A refusal of the server itself, in the shape that the API's failures have. */
import type { Context } from 'hono';

export function refusal(c: Context, status: 401 | 403 | 404 | 405 | 421, message: string): Response {
  return c.json({ failure: { name: 'RequestRefused', message, expected: true } }, status);
}
