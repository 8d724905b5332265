/** What the system or a second start asks to open. A request may arrive before anything can open it, and is kept until then. */
import type { ElectronHost } from './electron-host.ts';
import { programArguments, projectArgument } from './project-argument.ts';

/** Null: no project is named, and only the window is wanted. */
type Open = (project: string | null) => void;

export interface OpenRequests {
  /** Passes on the requests that have arrived, and then every later one. */
  listen(open: Open): void;
}

export function openRequests(app: ElectronHost['app']): OpenRequests {
  const early: (string | null)[] = [];
  let open: Open = (project) => {
    early.push(project);
  };
  // macOS sends a double-clicked file as an event.
  app.on('open-file', (event, path) => {
    event.preventDefault();
    open(path);
  });
  app.on('second-instance', (_event, commandLine, workingFolder) =>
    open(projectArgument(programArguments(commandLine, app.isPackaged), workingFolder)),
  );
  return {
    listen: (listener) => {
      open = listener;
      for (const project of early.splice(0)) listener(project);
    },
  };
}
