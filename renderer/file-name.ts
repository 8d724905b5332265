/** The last part of a path of the workstation, whose system need not be the browser's. A backslash parts names on Windows alone. */
export function fileNameOf(path: string): string {
  const isWindows = /^(?:[a-z]:|\\\\)/i.test(path);
  return path.split(isWindows ? /[\\/]/ : '/').findLast((part) => part !== '') ?? path;
}
