/**
 * Keeps what the pages show true: every change in the workbench arrives as an event and refreshes the queries that it is
 * about. When the stream broke and is there again, everything is refreshed, since events may have been missed.
 */
import type { QueryClient } from '@tanstack/react-query';
import { create } from 'zustand';
import { applyEvent } from './apply-event.ts';
import { browserSurroundings } from './event-stream.ts';
import { shareEvents } from './shared-events.ts';
import { isGone } from './silence.ts';

/** Whether the workbench is heard; `lost` is shown to the person. */
export const useConnection = create<{ state: 'connecting' | 'connected' | 'lost' }>(() => ({ state: 'connecting' }));

/** Counts what was heard, so that a question that was asked before is not answered after it. */
let heardAt = 0;
let asking = false;

/** Slow is not dead: the workbench is asked before a person is told that it does not answer. */
async function sayWhenGone(): Promise<void> {
  if (asking) return;
  asking = true;
  const asked = heardAt;
  const gone = await isGone((signal) => fetch('/api/jobs', { signal, cache: 'no-store' }));
  asking = false;
  if (gone && asked === heardAt) useConnection.setState({ state: 'lost' });
}

/** Listens until the returned function is called. */
export function listenToWorkbench(queries: QueryClient): () => void {
  return shareEvents(browserSurroundings(), (heard) => {
    if (heard.kind === 'lost') {
      void sayWhenGone();
      return;
    }
    heardAt += 1;
    const { state } = useConnection.getState();
    if (state !== 'connected') useConnection.setState({ state: 'connected' });
    // What was read before the stream began, at the page's start too, may have changed since.
    if (state === 'lost' || heard.kind === 'opened') void queries.invalidateQueries();
    if (heard.kind === 'event') applyEvent(queries, heard.event);
  });
}
