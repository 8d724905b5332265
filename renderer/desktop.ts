/** What the desktop shell offers beyond a browser, where the page runs in it; a browser has none of it. */

interface DesktopBridge {
  /** The path of a dropped or chosen file or folder; empty when it has none. */
  pathForFile(file: File): string;
  /** The system's dialogs; null when they were cancelled. */
  pickFolder(): Promise<string | null>;
  pickFile(): Promise<string | null>;
  revealFile(path: string): Promise<void>;
}

declare global {
  interface Window {
    /** Set by the desktop shell's preload script. */
    readonly understudy?: DesktopBridge;
  }
}

export function desktop(): DesktopBridge | undefined {
  return window.understudy;
}
