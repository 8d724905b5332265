/** What the desktop shell offers beyond a browser; absent in a browser. */

interface DesktopBridge {
  /** The path of a dropped or chosen file or folder; empty if it has none. */
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
