/**
 * The session of the last prediction on a thread, for a moment: partitions of a labelling follow one another with the same
 * network, and readying it for a device costs seconds, in which that device has nothing to do. It is given up before anything
 * else computes there, so that nobody lacks its memory.
 */
import type { ProgramSession } from '../engines/engine.ts';

/** What comes next within a labelling comes at once. */
const KEPT_MS = 1000;

export class KeptSession {
  #kept: { readonly key: string; readonly session: ProgramSession; readonly until: NodeJS.Timeout } | undefined;

  /** The session that was kept under this key, which is the caller's from now on; another is given up. */
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
