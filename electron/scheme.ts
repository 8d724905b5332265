/** The address of the page: a scheme of our own, answered by this process. No port is open, no file is addressed. */
import type { CustomScheme } from 'electron';

export const SCHEME = 'app';
export const ORIGIN = `${SCHEME}://workbench`;
/** The page's session: the scheme is answered in this one alone, and nothing else is let out of it. */
export const PARTITION = 'persist:workbench';

export const PRIVILEGED: CustomScheme = {
  scheme: SCHEME,
  privileges: {
    standard: true,
    secure: true,
    // Without it fetch refuses the scheme; without `stream` events and images come only when they are complete.
    supportFetchAPI: true,
    stream: true,
    codeCache: true,
  },
};

/** Whether `url` is an address of the page. Anything that is no URL is not. */
export function isOurs(url: string): boolean {
  return URL.canParse(url) && url.startsWith(`${ORIGIN}/`);
}
