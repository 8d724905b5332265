/** Whether a workbench whose events have stopped is gone, or only slow: any answer shows that it is there. */

/** A machine under full load answers late; after this long without an answer, the workbench is gone. */
const GIVEN_UP_MS = 60_000;

/** `ask` makes the smallest possible request; any answer will do. */
export async function isGone(ask: (signal: AbortSignal) => Promise<unknown>): Promise<boolean> {
  const over = new AbortController();
  const timer = setTimeout(() => over.abort(), GIVEN_UP_MS);
  try {
    await ask(over.signal);
    return false;
  } catch {
    return true;
  } finally {
    clearTimeout(timer);
  }
}
