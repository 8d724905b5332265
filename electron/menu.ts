/** The application's menu, for the three platforms. */
import type { MenuItemConstructorOptions } from 'electron';
import { words } from './words.ts';

export interface MenuActions {
  show(path: '/' | '/jobs' | '/devices'): void;
  openProject(): void;
  openRecent(folder: string): void;
  showProjectsFolder(): void;
  showLicences(): void;
}

export interface MenuFacts {
  readonly platform: NodeJS.Platform;
  readonly packaged: boolean;
  readonly recents: readonly { readonly name: string; readonly folder: string }[];
}

export function menuTemplate(
  { platform, packaged, recents }: MenuFacts,
  act: MenuActions,
): MenuItemConstructorOptions[] {
  const mac = platform === 'darwin';
  const { menu } = words;
  return [
    ...(mac ? [{ role: 'appMenu' } as const] : []),
    {
      label: menu.file,
      submenu: [
        { label: menu.start, accelerator: 'CmdOrCtrl+Shift+H', click: () => act.show('/') },
        { label: menu.openProject, accelerator: 'CmdOrCtrl+O', click: () => act.openProject() },
        { label: menu.recents, submenu: recentItems(recents, act) },
        { type: 'separator' },
        mac ? { role: 'close' } : { role: 'quit' },
      ],
    },
    { label: menu.edit, role: 'editMenu' },
    {
      label: menu.view,
      submenu: [
        { label: menu.jobs, accelerator: 'CmdOrCtrl+J', click: () => act.show('/jobs') },
        { label: menu.devices, accelerator: 'CmdOrCtrl+Shift+D', click: () => act.show('/devices') },
        { type: 'separator' },
        { role: 'resetZoom' },
        { role: 'zoomIn' },
        { role: 'zoomOut' },
        { role: 'togglefullscreen' },
        // A release has no developer tools: they would serve no purpose in it.
        ...(packaged ? [] : ([{ type: 'separator' }, { role: 'reload' }, { role: 'toggleDevTools' }] as const)),
      ],
    },
    { label: menu.window, role: 'windowMenu' },
    {
      label: menu.help,
      role: 'help',
      submenu: [
        { label: menu.projectsFolder, click: () => act.showProjectsFolder() },
        { label: menu.licences, click: () => act.showLicences() },
        ...(mac ? [] : [{ role: 'about' } as const]),
      ],
    },
  ];
}

function recentItems(recents: MenuFacts['recents'], act: MenuActions): MenuItemConstructorOptions[] {
  if (recents.length === 0) return [{ label: words.menu.noRecents, enabled: false }];
  return recents.map(({ name, folder }) => ({
    // A single ampersand would underline the letter after it.
    label: `${name} — ${folder}`.replaceAll('&', '&&'),
    click: () => act.openRecent(folder),
  }));
}
