/**
 * Keeps what the pages show true: every change in the workbench arrives as an event and refreshes the queries that it is
 * about. When the stream broke and is there again, everything is refreshed, since events may have been missed.
 */
import type { QueryClient } from '@tanstack/react-query';
import { create } from 'zustand';
import { applyEvent } from './apply-event.ts';
import { browserSurroundings } from './event-stream.ts';
import { shareEvents } from './shared-events.ts';

/** Whether the workbench is heard; `lost` is shown to the person. */
export const useConnection = create<{ state: 'connecting' | 'connected' | 'lost' }>(() => ({ state: 'connecting' }));

/** Listens until the returned function is called. */
export function listenToWorkbench(queries: QueryClient): () => void {
  return shareEvents(browserSurroundings(), (heard) => {
    if (heard.kind === 'lost') {
      useConnection.setState({ state: 'lost' });
      return;
    }
    const { state } = useConnection.getState();
    if (state !== 'connected') useConnection.setState({ state: 'connected' });
    // What was read before the stream began, at the page's start too, may have changed since.
    if (state === 'lost' || heard.kind === 'opened') void queries.invalidateQueries();
    if (heard.kind === 'event') applyEvent(queries, heard.event);
  });
}
