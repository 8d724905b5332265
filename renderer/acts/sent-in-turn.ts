/** Requests for a person's acts, sent one after the other; leaving the page is prevented while one is in flight. */
import type { QueryClient } from '@tanstack/react-query';

interface Scope {
  readonly id: string;
}

/**
 * Decisions of one project, in the order of the person's acts: an undo that overtook a decision would undo the one before it.
 */
export function decisionsOf(projectId: string): Scope {
  return { id: `decisions ${projectId}` };
}

export function sentInTurn<Answer>(client: QueryClient, scope: Scope, send: () => Promise<Answer>): Promise<Answer> {
  return client
    .getMutationCache()
    .build<Answer, Error, void, unknown>(client, { scope, mutationFn: send, networkMode: 'always' })
    .execute();
}

/** How many of them have not been answered yet: until then the workbench knows less than the person sees. */
export function notAnswered(client: QueryClient, { id }: Scope): number {
  return client.isMutating({ predicate: ({ options }) => options.scope?.id === id });
}
