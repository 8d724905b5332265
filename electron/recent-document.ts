/** The path under which the system lists a project among the recent documents. */
import { readdirSync } from 'node:fs';
import { join } from 'node:path';

/** Windows lists files of a type that the application is registered for; macOS accepts the folder. */
export function recentDocument(folder: string, platform: NodeJS.Platform): string {
  if (platform !== 'win32') return folder;
  const file = readdirSync(folder).find((name) => name.endsWith('.understudy'));
  return file === undefined ? folder : join(folder, file);
}
