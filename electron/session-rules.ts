/** Permissions of the page's session: none of those that a page can request from a browser, and no access to any network. */
import type { Session } from 'electron';
import { SCHEME } from './scheme.ts';

/** A person copies text deliberately; everything else that a page could request is refused. */
const ALLOWED_PERMISSIONS = new Set(['clipboard-sanitized-write']);
const LOCAL_PROTOCOLS = new Set([`${SCHEME}:`, 'blob:', 'data:']);
/** For the developer tools, where they can be opened at all. */
const TOOLS_PROTOCOL = 'devtools:';

type RestrictedSession = Pick<
  Session,
  | 'setPermissionRequestHandler'
  | 'setPermissionCheckHandler'
  | 'setDevicePermissionHandler'
  | 'setDisplayMediaRequestHandler'
  | 'setSpellCheckerEnabled'
  | 'webRequest'
  | 'on'
>;

export function restrictSession(session: RestrictedSession, packaged: boolean): void {
  session.setPermissionRequestHandler((_contents, permission, answer) => answer(ALLOWED_PERMISSIONS.has(permission)));
  session.setPermissionCheckHandler((_contents, permission) => ALLOWED_PERMISSIONS.has(permission));
  session.setDevicePermissionHandler(() => false);
  session.setDisplayMediaRequestHandler((_request, answer) => answer({}));
  // Its dictionaries would be downloaded.
  session.setSpellCheckerEnabled(false);
  session.webRequest.onBeforeRequest((details, answer) => {
    const { protocol } = new URL(details.url);
    answer({ cancel: !LOCAL_PROTOCOLS.has(protocol) && (packaged || protocol !== TOOLS_PROTOCOL) });
  });
  // Files leave only by exporting, into a folder that a person chose.
  session.on('will-download', (event) => event.preventDefault());
}
