/**
 * The browser host's command: `npm run web -- [--port N] [PROJECT]`. Prints the link to open and serves until it is stopped.
 */
import { fileURLToPath } from 'node:url';
import { Command, InvalidArgumentError } from 'commander';
import manifest from '../../package.json' with { type: 'json' };
import { Interrupted } from '../failure.ts';
import { projectsFolder, settingsFolder } from '../settings-folder.ts';
import { createWorkbench } from '../workbench/workbench.ts';
import { serveInBrowser } from './browser-host.ts';

interface ServeOptions {
  readonly port?: number;
}

export function webCommand(signal: AbortSignal): Command {
  return new Command('understudy web')
    .description('Serves the workbench to the browsers of this machine and prints the link to open.')
    .argument('[project]', 'the project to open first: its folder, or the .understudy file in it')
    .option('--port <number>', 'the port to listen on; 0 for any free one', portNumber)
    .exitOverride()
    .action((path: string | undefined, options: ServeOptions) => serve(path, options, signal));
}

/** Ends with `Interrupted`, when the work has reached its next checkpoint and the projects are closed. */
async function serve(path: string | undefined, { port }: ServeOptions, signal: AbortSignal): Promise<never> {
  const settings = settingsFolder();
  const workbench = createWorkbench({
    settingsFolder: settings,
    projectsFolder: projectsFolder(),
    host: 'browser',
    version: manifest.version,
  });
  try {
    const project = path === undefined ? undefined : await workbench.projects.open(path);
    const host = await serveInBrowser({
      workbench,
      settingsFolder: settings,
      pageFolder: fileURLToPath(new URL('./renderer', import.meta.url)),
      port,
      landing: project && `/projects/${project.id}/collection`,
      onNewUrl: (url) => process.stdout.write(`For another browser: ${url}\n`),
      logBug: (error) => process.stderr.write(`${asBug(error)}\n`),
    });
    process.stdout.write(
      `Understudy is at ${host.url()}\nOpen this link in a browser of this machine; Ctrl+C stops it.\n`,
    );
    await asked(signal);
    await host.close();
  } catch (error) {
    await workbench.close();
    throw error;
  }
  throw new Interrupted('Understudy has stopped; work in progress can be resumed at the next start.');
}

async function asked(signal: AbortSignal): Promise<void> {
  await new Promise<void>((resolve) => {
    if (signal.aborted) resolve();
    signal.addEventListener('abort', () => resolve(), { once: true });
  });
}

function portNumber(text: string): number {
  const port = Number(text);
  if (!Number.isInteger(port) || port < 0 || port > 65_535) throw new InvalidArgumentError('Not a port: 0 to 65535.');
  return port;
}

function asBug(error: unknown): string {
  const stack = error instanceof Error ? (error.stack ?? error.message) : String(error);
  return `This is a bug in Understudy; everything saved in projects is kept.\n${stack}`;
}
