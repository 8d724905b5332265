/**
 * The last part of a path of the workbench's machine, whose system need not be the browser's. A backslash is a separator only
 * on Windows.
 */
export function fileNameOf(path: string): string {
  const isWindows = /^(?:[a-z]:|\\\\)/i.test(path);
  return path.split(isWindows ? /[\\/]/ : '/').findLast((part) => part !== '') ?? path;
}
