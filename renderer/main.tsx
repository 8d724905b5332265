/** The page's beginning. */
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

/** Events say what changed, so that nothing is asked again by the clock. What was refused is not asked again at all. */
const queries = new QueryClient({
  defaultOptions: {
    queries: {
      staleTime: Number.POSITIVE_INFINITY,
      refetchOnWindowFocus: false,
      retry: (tries, error) => tries < MOST_TRIES && !(error instanceof Failure && error.name !== 'Unreachable'),
      // The workbench is on this computer: whether there is a network says nothing of it.
      networkMode: 'always',
    },
    mutations: { networkMode: 'always' },
  },
});
listenToWorkbench(queries);
// What a person decided and what is not sent yet would be lost with the page.
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
