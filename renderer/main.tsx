/** The entry of the page. */
import { MantineProvider } from '@mantine/core';
import { QueryClient, QueryClientProvider } from '@tanstack/react-query';
import { StrictMode } from 'react';
import { createRoot } from 'react-dom/client';
import { App } from './app.tsx';
import { Failure } from './client.ts';
import { listenToWorkbench } from './shell/live-events.ts';
import { theme } from './theme.ts';
import './styles.css';

const MOST_TRIES = 3;

/** Events report changes, so nothing is refetched on a timer. A refused request is not retried. */
const queries = new QueryClient({
  defaultOptions: {
    queries: {
      staleTime: Number.POSITIVE_INFINITY,
      refetchOnWindowFocus: false,
      retry: (tries, error) => tries < MOST_TRIES && !(error instanceof Failure && error.name !== 'Unreachable'),
      // The workbench is on this computer: whether there is a network is irrelevant.
      networkMode: 'always',
    },
    mutations: { networkMode: 'always' },
  },
});
listenToWorkbench(queries);
// Decisions that have not been sent yet would be lost with the page.
window.addEventListener('beforeunload', (event) => {
  if (queries.isMutating() > 0) event.preventDefault();
});

const page = document.getElementById('page');
if (page) {
  createRoot(page).render(
    <StrictMode>
      <MantineProvider theme={theme} defaultColorScheme="auto">
        <QueryClientProvider client={queries}>
          <App />
        </QueryClientProvider>
      </MantineProvider>
    </StrictMode>,
  );
}
