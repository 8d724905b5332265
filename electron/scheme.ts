/** The address of the page: a scheme of our own, answered by this process. No port is open, and no file can be addressed. */
import type { CustomScheme } from 'electron';

export const SCHEME = 'app';
export const ORIGIN = `${SCHEME}://workbench`;
/** The page's session: the scheme is answered only in this one, and no other request leaves it. */
export const PARTITION = 'persist:workbench';

export const PRIVILEGED: CustomScheme = {
  scheme: SCHEME,
  privileges: {
    standard: true,
    secure: true,
    // Without it fetch refuses the scheme; without `stream`, events and images arrive only when they are complete.
    supportFetchAPI: true,
    stream: true,
    codeCache: true,
  },
};

/** Whether `url` is an address of the page; false for anything that is not a URL. */
export function isOurs(url: string): boolean {
  return URL.canParse(url) && url.startsWith(`${ORIGIN}/`);
}
