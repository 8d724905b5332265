/**
 * Keeps the session of the last prediction on a thread for a moment: the partitions of a labelling use the same
 * network, and preparing it for a device costs seconds during which that device is idle. The session is released before
 * anything else computes there, so that its memory is available.
 */
import type { ProgramSession } from '../engines/engine.ts';

/** The next partition of a labelling follows immediately. */
const KEPT_MS = 1000;

export class KeptSession {
  #kept: { readonly key: string; readonly session: ProgramSession; readonly until: NodeJS.Timeout } | undefined;

  /** Takes the session kept under this key, which the caller then owns; any other is released. */
  async take(key: string): Promise<ProgramSession | undefined> {
    if (this.#kept?.key !== key) {
      await this.release();
      return undefined;
    }
    const { session, until } = this.#kept;
    clearTimeout(until);
    this.#kept = undefined;
    return session;
  }

  async keep(key: string, session: ProgramSession): Promise<void> {
    await this.release();
    const until = setTimeout(() => void this.release(), KEPT_MS).unref();
    this.#kept = { key, session, until };
  }

  async release(): Promise<void> {
    const kept = this.#kept;
    this.#kept = undefined;
    clearTimeout(kept?.until);
    await kept?.session.dispose();
  }
}
