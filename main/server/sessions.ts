/**
 * Who may use the server: a browser that opened the terminal's link, which works once, and got a cookie for it. The key that
 * signs cookies outlives the process, so that a page keeps working when the server is restarted. No accounts, no passwords.
 */
import { createHmac, randomBytes, timingSafeEqual } from 'node:crypto';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

const KEY_BYTES = 32;
const LONGEST_SESSION_MS = 30 * 24 * 3600 * 1000;

export class Sessions {
  readonly #key: Buffer;
  readonly #nowMs: () => number;
  #token = newToken();

  constructor(key: Buffer, nowMs: () => number = Date.now) {
    this.#key = key;
    this.#nowMs = nowMs;
  }

  /** The current token. */
  get token(): string {
    return this.#token;
  }

  /** A cookie value for the current token, which then becomes invalid; null for any other token. */
  exchange(token: string): string | null {
    if (!same(token, this.#token)) return null;
    this.#token = newToken();
    const content = `${this.#nowMs().toString(36)}.${randomBytes(12).toString('base64url')}`;
    return `${content}.${this.#sign(content)}`;
  }

  valid(cookie: string | undefined): boolean {
    const [since = '', nonce = '', signature = ''] = cookie?.split('.') ?? [];
    if (!same(signature, this.#sign(`${since}.${nonce}`))) return false;
    const ageMs = this.#nowMs() - Number.parseInt(since, 36);
    return ageMs >= 0 && ageMs < LONGEST_SESSION_MS;
  }

  #sign(content: string): string {
    return createHmac('sha256', this.#key).update(content).digest('base64url');
  }
}

/** The key in the settings folder, readable only by its owner; created if missing. */
export async function sessionKey(settingsFolder: string): Promise<Buffer> {
  const path = join(settingsFolder, 'session-key');
  const kept = await readFile(path).catch(() => undefined);
  if (kept?.length === KEY_BYTES) return kept;
  const key = randomBytes(KEY_BYTES);
  await mkdir(settingsFolder, { recursive: true });
  await writeFile(path, key, { mode: 0o600 });
  return key;
}

function newToken(): string {
  return randomBytes(32).toString('base64url');
}

/** Takes constant time, so that it does not reveal how much of the value is right. */
function same(given: string, expected: string): boolean {
  const [a, b] = [Buffer.from(given), Buffer.from(expected)];
  return a.length === b.length && timingSafeEqual(a, b);
}
