/** What the system or a second start asks to open. It may come before there is anything to open it with, and is kept until then. */
import type { ElectronHost } from './electron-host.ts';
import { programArguments, projectArgument } from './project-argument.ts';

/** Null: no project is named, and the window alone is wanted. */
type Open = (project: string | null) => void;

export interface OpenRequests {
  /** Hands over what has come so far, and then whatever comes. */
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
