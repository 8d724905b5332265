/** A request of a person's act, sent after those before it of the same scope; the page is not left while one is on its way. */
import type { QueryClient } from '@tanstack/react-query';

export function sentInTurn<Answer>(
  client: QueryClient,
  scope: { readonly id: string },
  send: () => Promise<Answer>,
): Promise<Answer> {
  return client
    .getMutationCache()
    .build<Answer, Error, void, unknown>(client, { scope, mutationFn: send, networkMode: 'always' })
    .execute();
}
