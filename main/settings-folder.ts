/** Where Understudy keeps what belongs to the person and not to a project: the list of recent projects. */
import { homedir } from 'node:os';
import { join, resolve } from 'node:path';

/** UNDERSTUDY_HOME, or the place that the operating system has for settings. */
export function settingsFolder(
  environment: NodeJS.ProcessEnv = process.env,
  platform: NodeJS.Platform = process.platform,
): string {
  if (environment.UNDERSTUDY_HOME) return resolve(environment.UNDERSTUDY_HOME);
  if (platform === 'win32') return join(environment.APPDATA ?? join(homedir(), 'AppData', 'Roaming'), 'Understudy');
  if (platform === 'darwin') return join(homedir(), 'Library', 'Application Support', 'Understudy');
  return join(environment.XDG_CONFIG_HOME || join(homedir(), '.config'), 'understudy');
}

/** Where a new project is offered to be put: a visible folder, since a project is the person's. */
export function projectsFolder(environment: NodeJS.ProcessEnv = process.env): string {
  if (environment.UNDERSTUDY_HOME) return resolve(environment.UNDERSTUDY_HOME, 'projects');
  return join(homedir(), 'Understudy');
}
