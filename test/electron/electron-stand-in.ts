/**
 * A stand-in for the few parts of Electron that the shell uses: events as Electron sends them, a protocol that calls its
 * handler with real requests as Electron's own code does, and dialogs that the test answers.
 */
import { fork } from 'node:child_process';
import { EventEmitter } from 'node:events';
import { Readable } from 'node:stream';
import type { ReadableStream as NodeStream } from 'node:stream/web';
import type { AppRequest } from '../../electron/desktop-door.ts';
import type { ElectronHost } from '../../electron/electron-host.ts';
import { ORIGIN } from '../../electron/scheme.ts';

type Handler = (request: AppRequest) => Promise<Response>;

export class FrameStandIn {
  url = `${ORIGIN}/`;
}

export class ContentsStandIn extends EventEmitter {
  readonly mainFrame = new FrameStandIn();
  openHandler: ((details: { url: string }) => { action: string }) | undefined;
  reloads = 0;
  reload = () => {
    this.reloads += 1;
  };

  getURL(): string {
    return this.mainFrame.url;
  }

  setWindowOpenHandler(handler: (details: { url: string }) => { action: string }): void {
    this.openHandler = handler;
  }
}

export class WindowStandIn extends EventEmitter {
  static readonly all: WindowStandIn[] = [];
  readonly webContents = new ContentsStandIn();
  readonly options: { readonly [name: string]: unknown; readonly webPreferences: Record<string, unknown> };
  readonly loaded: string[] = [];
  /** Whether the window was visible before its page. */
  shownEmpty = false;
  readonly progress: number[] = [];
  readonly flashes: boolean[] = [];
  maximized = false;
  focused = false;
  shown = false;
  destroyed = false;

  constructor(options: WindowStandIn['options']) {
    super();
    this.options = options;
    this.webContents.mainFrame.url = '';
    WindowStandIn.all.push(this);
  }

  async loadURL(url: string): Promise<void> {
    this.loaded.push(url);
    this.webContents.mainFrame.url = url;
    this.shownEmpty ||= this.shown && this.loaded.length === 1;
    this.emit('ready-to-show');
  }

  show(): void {
    this.shown = true;
  }

  focus(): void {
    this.focused = true;
  }

  isVisible = () => this.shown;
  isFocused = () => this.focused;
  isMinimized = () => false;
  isMaximized = () => this.maximized;
  isDestroyed = () => this.destroyed;
  restore = () => undefined;
  /** Also shows the window, as Electron's method does. */
  maximize = () => {
    this.maximized = true;
    this.shown = true;
  };
  flashFrame = (flash: boolean) => void this.flashes.push(flash);
  setProgressBar = (progress: number) => void this.progress.push(progress);
  getNormalBounds = () => ({ x: 11, y: 22, width: 900, height: 700 });

  /** Closes it as a person does: the page may prevent it. */
  close(): void {
    const event = preventable();
    this.emit('close', event);
    if (event.prevented()) return;
    this.destroyed = true;
    this.emit('closed');
  }
}

export class NotificationStandIn extends EventEmitter {
  static readonly shown: NotificationStandIn[] = [];
  static isSupported = () => true;
  readonly options: { readonly title: string; readonly body: string };

  constructor(options: NotificationStandIn['options']) {
    super();
    this.options = options;
  }

  show(): void {
    NotificationStandIn.shown.push(this);
  }
}

class AppStandIn extends EventEmitter {
  isPackaged = true;
  quitted = 0;
  readonly exits: number[] = [];
  locked = true;
  readonly paths: Record<string, string> = {};
  readonly recent: string[] = [];
  readonly calls: string[] = [];
  readonly removedSwitches: string[] = [];
  readonly commandLine = { removeSwitch: (name: string) => void this.removedSwitches.push(name) };

  whenReady = async () => undefined;
  getVersion = () => '0.0.0';
  exit = (code: number) => void this.exits.push(code);
  setAppUserModelId = () => void this.calls.push('setAppUserModelId');
  enableSandbox = () => void this.calls.push('enableSandbox');
  addRecentDocument = (path: string) => void this.recent.push(path);
  setPath = (name: string, path: string) => {
    this.calls.push('setPath');
    this.paths[name] = path;
  };
  requestSingleInstanceLock = () => {
    this.calls.push('requestSingleInstanceLock');
    return this.locked;
  };

  /** Like Electron: a listener may prevent quitting; otherwise every window closes and the process ends. */
  quit(): void {
    const event = preventable();
    this.emit('before-quit', event);
    if (event.prevented()) return;
    for (const window of WindowStandIn.all.splice(0)) window.close();
    this.quitted += 1;
  }
}

class SessionStandIn extends EventEmitter {
  handler: Handler | undefined;
  scheme = '';
  permissionRequest: ((contents: unknown, permission: string, answer: (granted: boolean) => void) => void) | undefined;
  permissionCheck: ((contents: unknown, permission: string) => boolean) | undefined;
  device: (() => boolean) | undefined;
  displayMedia: ((request: unknown, answer: (streams: object) => void) => void) | undefined;
  beforeRequest: ((details: { url: string }, answer: (outcome: { cancel: boolean }) => void) => void) | undefined;
  spellChecker: boolean | undefined;

  readonly protocol = {
    handle: (scheme: string, handler: Handler) => {
      this.scheme = scheme;
      this.handler = handler;
    },
  };
  readonly webRequest = {
    onBeforeRequest: (listener: NonNullable<SessionStandIn['beforeRequest']>) => {
      this.beforeRequest = listener;
    },
  };
  setPermissionRequestHandler = (handler: NonNullable<SessionStandIn['permissionRequest']>) => {
    this.permissionRequest = handler;
  };
  setPermissionCheckHandler = (handler: NonNullable<SessionStandIn['permissionCheck']>) => {
    this.permissionCheck = handler;
  };
  setDevicePermissionHandler = (handler: () => boolean) => {
    this.device = handler;
  };
  setDisplayMediaRequestHandler = (handler: NonNullable<SessionStandIn['displayMedia']>) => {
    this.displayMedia = handler;
  };
  setSpellCheckerEnabled = (enabled: boolean) => {
    this.spellChecker = enabled;
  };

  /** A request of the page as Electron passes it on; Electron reads and cancels the answer's body. */
  async ask(path: string, options: RequestInit & { readonly initiator?: string | null } = {}): Promise<Response> {
    const { initiator = ORIGIN, ...init } = options;
    const request = new Request(path.includes('://') ? path : `${ORIGIN}${path}`, init);
    if (initiator !== null) Object.defineProperty(request, 'initiatorOrigin', { value: initiator });
    if (!this.handler) throw new Error('nothing handles the scheme');
    return asReadByElectron(await this.handler(request));
  }
}

/** Electron reads an answer's body as a Node stream, which it destroys when the page no longer wants it. */
function asReadByElectron({ body, status, statusText, headers }: Response): Response {
  const data = body && Readable.fromWeb(body as NodeStream<Uint8Array>);
  const read = data && (Readable.toWeb(data, { strategy: { highWaterMark: 0 } }) as ReadableStream<Uint8Array>);
  return new Response(read, { status, statusText, headers: Object.fromEntries(headers) });
}

export interface ElectronStandIn {
  readonly host: ElectronHost;
  readonly app: AppStandIn;
  /** The requested sessions, by partition. */
  readonly sessions: Map<string, SessionStandIn>;
  readonly privileged: unknown[];
  readonly opened: string[];
  readonly revealed: string[];
  readonly errors: string[];
  readonly boxes: { readonly message: string; readonly detail?: string; readonly buttons: readonly string[] }[];
  /** The answers to the next dialogs; by default the first button. */
  readonly answers: (number | Promise<number>)[];
  picked: string[];
  readonly awake: Set<number>;
  readonly menus: unknown[];
  readonly ipc: Map<string, (event: unknown, argument?: unknown) => Promise<unknown>>;
}

export function electronStandIn(): ElectronStandIn {
  WindowStandIn.all.length = 0;
  NotificationStandIn.shown.length = 0;
  let blockers = 0;
  const standIn = {
    app: new AppStandIn(),
    sessions: new Map<string, SessionStandIn>(),
    privileged: [] as unknown[],
    opened: [] as string[],
    revealed: [] as string[],
    errors: [] as string[],
    boxes: [] as ElectronStandIn['boxes'][number][],
    answers: [] as (number | Promise<number>)[],
    picked: [] as string[],
    awake: new Set<number>(),
    menus: [] as unknown[],
    ipc: new Map<string, (event: unknown, argument?: unknown) => Promise<unknown>>(),
  };
  const host = {
    app: standIn.app,
    BrowserWindow: WindowStandIn,
    Notification: NotificationStandIn,
    dialog: {
      showMessageBox: async (...given: unknown[]) => {
        const options = given.at(-1) as ElectronStandIn['boxes'][number] & { signal?: AbortSignal; cancelId?: number };
        standIn.boxes.push(options);
        const aborted = new Promise<number>((resolve) =>
          options.signal?.addEventListener('abort', () => resolve(options.cancelId ?? 0)),
        );
        return { response: await Promise.race([standIn.answers.shift() ?? 0, aborted]) };
      },
      showErrorBox: (_title: string, text: string) => void standIn.errors.push(text),
      showOpenDialog: async () => ({ canceled: standIn.picked.length === 0, filePaths: standIn.picked }),
    },
    ipcMain: {
      handle: (name: string, listener: (event: unknown, argument?: unknown) => Promise<unknown>) =>
        void standIn.ipc.set(name, listener),
    },
    Menu: {
      buildFromTemplate: (template: unknown) => template,
      setApplicationMenu: (menu: unknown) => void standIn.menus.push(menu),
    },
    powerSaveBlocker: {
      start: () => {
        blockers += 1;
        standIn.awake.add(blockers);
        return blockers;
      },
      stop: (id: number) => standIn.awake.delete(id),
    },
    protocol: { registerSchemesAsPrivileged: (schemes: unknown[]) => void standIn.privileged.push(...schemes) },
    screen: { getAllDisplays: () => [{ workArea: { x: 0, y: 0, width: 1920, height: 1080 } }] },
    session: {
      fromPartition: (partition: string) => {
        const known = standIn.sessions.get(partition) ?? new SessionStandIn();
        standIn.sessions.set(partition, known);
        return known;
      },
    },
    shell: {
      openExternal: async (url: string) => void standIn.opened.push(url),
      openPath: async () => '',
      showItemInFolder: (path: string) => void standIn.revealed.push(path),
    },
    utilityProcess: {
      // Unlike Electron's, a child of Node exits by itself; in both the arguments come last.
      fork: (entry: string, args: string[]) => fork(entry, args, { stdio: ['ignore', 'pipe', 'ignore', 'ipc'] }),
    },
  };
  return Object.assign(standIn, { host: host as unknown as ElectronHost });
}

export function preventable(url = '') {
  let prevented = false;
  return {
    url,
    preventDefault: () => {
      prevented = true;
    },
    prevented: () => prevented,
  };
}
