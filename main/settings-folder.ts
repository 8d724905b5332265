/** Where Understudy keeps what belongs to the user rather than to a project, such as the list of recent projects. */
import { homedir } from 'node:os';
import { join, resolve } from 'node:path';

/** UNDERSTUDY_HOME, or the operating system's place for settings. */
export function settingsFolder(
  environment: NodeJS.ProcessEnv = process.env,
  platform: NodeJS.Platform = process.platform,
): string {
  if (environment.UNDERSTUDY_HOME) return resolve(environment.UNDERSTUDY_HOME);
  if (platform === 'win32') return join(environment.APPDATA ?? join(homedir(), 'AppData', 'Roaming'), 'Understudy');
  if (platform === 'darwin') return join(homedir(), 'Library', 'Application Support', 'Understudy');
  return join(environment.XDG_CONFIG_HOME || join(homedir(), '.config'), 'understudy');
}

/** The default location for new projects: a visible folder, since projects belong to the user. */
export function projectsFolder(environment: NodeJS.ProcessEnv = process.env): string {
  if (environment.UNDERSTUDY_HOME) return resolve(environment.UNDERSTUDY_HOME, 'projects');
  return join(homedir(), 'Understudy');
}
