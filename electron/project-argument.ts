/** Which project a start is for: its folder or its file, as given by a double click or a terminal. */
import { resolve } from 'node:path';
import { fileURLToPath } from 'node:url';

/** Null when the arguments name nothing. `programArguments`: those that belong to the program itself. */
export function projectArgument(programArguments: readonly string[], workingFolder: string): string | null {
  // Chromium's switches appear among them.
  const argument = programArguments.find((given) => given !== '' && !given.startsWith('-'));
  return argument === undefined ? null : pathOf(argument, workingFolder);
}

/** The file managers of Linux pass addresses. */
function pathOf(argument: string, workingFolder: string): string {
  try {
    if (argument.startsWith('file:')) return fileURLToPath(argument);
  } catch {
    // On another machine, or not an address after all.
  }
  return resolve(workingFolder, argument);
}

/** From the command line of this process or of a second one. In development the application's folder comes first. */
export function programArguments(commandLine: readonly string[], packaged: boolean): readonly string[] {
  const given = commandLine.slice(1).filter((argument) => !argument.startsWith('-'));
  return packaged ? given : given.slice(1);
}
