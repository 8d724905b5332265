/** Whether a workbench whose events are not heard any more is gone, or only slow: whoever answers at all is there. */

/** A machine under full load answers late; after this long, nobody is there who would. */
const GIVEN_UP_MS = 60_000;

/** `ask` makes the smallest request there is; any answer will do. */
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
