/** The browser host's command: `npm run web -- [--port N] [PROJECT]`. Prints the link to open and serves until it is told to end. */
import { fileURLToPath } from 'node:url';
import { Command, CommanderError, InvalidArgumentError } from 'commander';
import manifest from '../../package.json' with { type: 'json' };
import { ExpectedFailure, messageOf } from '../failure.ts';
import { projectsFolder, settingsFolder } from '../workbench/settings-folder.ts';
import { createWorkbench } from '../workbench/workbench.ts';
import { serveInBrowser } from './browser-host.ts';

const EXIT = { failed: 1, wrongUsage: 2, interrupted: 130 } as const;

interface ServeOptions {
  readonly port?: number;
}

const command = new Command('understudy web')
  .description('Serves the workbench to the browsers of this machine and prints the link to open.')
  .argument('[project]', 'the project to begin with: its folder, or the .understudy file in it')
  .option('--port <number>', 'the port to listen on; 0 takes any free one', portNumber)
  .exitOverride()
  .action(serve);

try {
  await command.parseAsync(process.argv);
} catch (error) {
  if (error instanceof CommanderError) {
    process.exitCode = error.exitCode === 0 ? 0 : EXIT.wrongUsage;
  } else {
    process.stderr.write(`${error instanceof ExpectedFailure ? messageOf(error) : asBug(error)}\n`);
    process.exitCode = EXIT.failed;
  }
}

async function serve(path: string | undefined, { port }: ServeOptions): Promise<void> {
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
    process.stdout.write(`Understudy is at ${host.url()}\nOpen this link in a browser of this machine; Ctrl+C ends.\n`);
    endOnSignal(host.close);
  } catch (error) {
    await workbench.close();
    throw error;
  }
}

/** The first signal lets work stop at its next checkpoint; a second one ends at once. */
function endOnSignal(close: () => Promise<void>): void {
  const end = () => {
    process.stderr.write('\nStopping at the next checkpoint; press again to stop at once (nothing saved is lost).\n');
    for (const signal of ['SIGINT', 'SIGTERM'] as const) {
      process.off(signal, end);
      process.once(signal, () => process.exit(EXIT.interrupted));
    }
    close().then(
      () => process.exit(0),
      (error: unknown) => {
        process.stderr.write(`${asBug(error)}\n`);
        process.exit(EXIT.failed);
      },
    );
  };
  process.on('SIGINT', end);
  process.on('SIGTERM', end);
}

function portNumber(text: string): number {
  const port = Number(text);
  if (!Number.isInteger(port) || port < 0 || port > 65_535) throw new InvalidArgumentError('Not a port: 0 to 65535.');
  return port;
}

function asBug(error: unknown): string {
  const stack = error instanceof Error ? (error.stack ?? error.message) : String(error);
  return `This is a bug in Understudy; projects keep what is saved.\n${stack}`;
}
