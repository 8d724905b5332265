/** Serves the workbench to browsers of this machine: listens only on 127.0.0.1, and shuts down without losing work. */

import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { getRequestListener } from '@hono/node-server';
import { ExpectedFailure } from '../failure.ts';
import type { Workbench } from '../workbench/services.ts';
import { type ConnectionLimits, createBoundedServer } from './bounded-server.ts';
import { createBrowserApp } from './browser-app.ts';
import { PageFiles } from './page-files.ts';
import { Sessions, sessionKey } from './sessions.ts';

/** Tried first, so that the address stays the same between starts and an open page finds its server again. */
const USUAL_PORT = 4127;
const ADDRESS = '127.0.0.1';

export class PortTaken extends ExpectedFailure {}

export interface BrowserHostOptions {
  readonly workbench: Workbench;
  readonly settingsFolder: string;
  readonly pageFolder: string;
  /** 0: any free port; undefined: the usual one, or any if it is taken. */
  readonly port?: number | undefined;
  readonly landing?: string | undefined;
  /** Called with a link for another browser whenever one has been used. */
  readonly onNewUrl?: (url: string) => void;
  readonly logBug: (error: unknown) => void;
  readonly limits?: Partial<ConnectionLimits>;
}

export interface BrowserHost {
  readonly port: number;
  /** With the current token. */
  url(): string;
  /** Lets work stop at its next checkpoint, then ends every connection. */
  close(): Promise<void>;
}

/** Throws `PortTaken` when the requested port is not free. */
export async function serveInBrowser(options: BrowserHostOptions): Promise<BrowserHost> {
  const sessions = new Sessions(await sessionKey(options.settingsFolder));
  let port = 0;
  const url = () => `http://${ADDRESS}:${port}/?token=${sessions.token}`;
  const app = createBrowserApp({
    workbench: options.workbench,
    sessions,
    pageFiles: new PageFiles(options.pageFolder),
    port: () => port,
    landing: options.landing ?? '/',
    tokenUsed: () => options.onNewUrl?.(url()),
    logBug: options.logBug,
  });
  const listener = getRequestListener(app.fetch, { overrideGlobalObjects: false });
  const server = createBoundedServer((request, response) => void listener(request, response), options.limits);
  port = await listen(server, options.port);
  return {
    port,
    url,
    close: async () => {
      const closed = new Promise<void>((resolve) => server.close(() => resolve()));
      // Pages learn that their work has stopped before their connections are closed.
      await options.workbench.close();
      server.closeAllConnections();
      await closed;
    },
  };
}

async function listen(server: Server, port: number | undefined): Promise<number> {
  try {
    return await listenOn(server, port ?? USUAL_PORT);
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? error.code : undefined;
    if (code !== 'EADDRINUSE' && code !== 'EACCES') throw error;
    if (port === undefined) return await listenOn(server, 0);
    throw new PortTaken(`Port ${port} is taken or not allowed: choose another with --port, or leave it out.`);
  }
}

async function listenOn(server: Server, port: number): Promise<number> {
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, ADDRESS, () => {
      server.off('error', reject);
      resolve();
    });
  });
  return (server.address() as AddressInfo).port;
}
