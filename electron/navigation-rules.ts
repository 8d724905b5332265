/** A window shows only our page; external links open in the person's own browser, over https only. */
import type { Shell, WebContents } from 'electron';
import { isOurs } from './scheme.ts';

type GuardedContents = Pick<WebContents, 'on' | 'setWindowOpenHandler'>;

export function guardNavigation(contents: GuardedContents, shell: Pick<Shell, 'openExternal'>): void {
  const keep = (event: { readonly url: string; preventDefault(): void }) => {
    if (isOurs(event.url)) return;
    event.preventDefault();
    openOutside(event.url, shell);
  };
  // `will-frame-navigate` also reports the main frame.
  contents.on('will-frame-navigate', keep);
  contents.on('will-redirect', keep);
  contents.on('will-attach-webview', (event) => event.preventDefault());
  contents.setWindowOpenHandler(({ url }) => {
    openOutside(url, shell);
    return { action: 'deny' };
  });
}

function openOutside(url: string, shell: Pick<Shell, 'openExternal'>): void {
  if (!URL.canParse(url) || new URL(url).protocol !== 'https:') return;
  shell.openExternal(url).catch(() => undefined);
}
