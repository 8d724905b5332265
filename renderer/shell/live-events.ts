/**
 * Keeps the pages' data up to date: every change in the workbench arrives as an event and refreshes the queries it concerns.
 * When the stream broke and is restored, everything is refreshed, since events may have been missed.
 */
import type { QueryClient } from '@tanstack/react-query';
import { create } from 'zustand';
import { applyEvent } from './apply-event.ts';
import { browserSurroundings } from './event-stream.ts';
import { shareEvents } from './shared-events.ts';
import { isGone } from './silence.ts';

/** The state of the connection to the workbench; `lost` is shown to the person. */
export const useConnection = create<{ state: 'connecting' | 'connected' | 'lost' }>(() => ({ state: 'connecting' }));

/** Counts received events, so that an outdated check for silence has no effect. */
let heardAt = 0;
let asking = false;

/** Slow is not dead: the workbench is queried before a person is told that it does not answer. */
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
    // Data read before the stream began, also at the page's start, may have changed since.
    if (state === 'lost' || heard.kind === 'opened') void queries.invalidateQueries();
    if (heard.kind === 'event') applyEvent(queries, heard.event);
  });
}
