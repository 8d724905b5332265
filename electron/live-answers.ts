/**
 * Answers that are still being sent. Electron cancels an answer's body when its page no longer wants it, and does not abort the
 * request: here the one causes the other, and everything ends when the window is gone.
 */
export class LiveAnswers {
  readonly #live = new Set<AbortController>();

  get count(): number {
    return this.#live.size;
  }

  async answer(request: Request, respond: (request: Request) => Promise<Response>): Promise<Response> {
    const live = new AbortController();
    this.#live.add(live);
    const over = () => void this.#live.delete(live);
    try {
      const response = await respond(new Request(request, { signal: live.signal }));
      if (!response.body) {
        over();
        return response;
      }
      const { status, statusText, headers } = response;
      return new Response(followed(response.body, live, over), { status, statusText, headers });
    } catch (error) {
      over();
      throw error;
    }
  }

  /** The pages are gone: everything still being computed or sent for them ends. */
  endAll(): void {
    for (const live of this.#live) live.abort();
  }
}

/** The same bytes; ends early when `live` aborts, and aborts it when the reader cancels. */
function followed(
  body: ReadableStream<Uint8Array>,
  live: AbortController,
  over: () => void,
): ReadableStream<Uint8Array> {
  const reader = body.getReader();
  const end = () => {
    over();
    reader.cancel().catch(() => undefined);
  };
  // The window may have closed while the answer was being made.
  if (live.signal.aborted) end();
  else live.signal.addEventListener('abort', end, { once: true });
  return new ReadableStream<Uint8Array>(
    {
      pull: async (controller) => {
        let read: Awaited<ReturnType<typeof reader.read>> | undefined;
        try {
          read = await reader.read();
        } finally {
          if (!read || read.done) {
            live.signal.removeEventListener('abort', end);
            over();
          }
        }
        if (read.done) controller.close();
        else controller.enqueue(read.value);
      },
      cancel: () => live.abort(),
    },
    // Nothing is read ahead: a heartbeat is sent when the page reads it.
    { highWaterMark: 0 },
  );
}
