/** The browser host as a separate process, as a person starts it, with a browser's session. */
import { spawn } from 'node:child_process';
import type { WorkbenchEvent } from '../../../main/workbench/contract/events.ts';

export interface SpawnedHost {
  readonly origin: string;
  readonly cookie: string;
  post<Answer>(path: string, body: object): Promise<Answer>;
  /** Everything that happens from now on, until `end`. */
  listen(hear: (event: WorkbenchEvent) => void): Promise<void>;
  end(): Promise<void>;
}

export async function startHost(home: string): Promise<SpawnedHost> {
  const child = spawn(process.execPath, ['scripts/web.cjs', '--port', '0'], {
    env: { ...process.env, UNDERSTUDY_HOME: home },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const exit = new Promise<void>((resolve) => child.once('exit', () => resolve()));
  const link = await new Promise<string>((resolve, reject) => {
    let said = '';
    child.stdout.on('data', (data: Buffer) => {
      said += String(data);
      const [found] = /http:\/\/127\.0\.0\.1:\d+\/\S*token=\S+/.exec(said) ?? [];
      if (found) resolve(found);
    });
    child.once('exit', (code) => reject(new Error(`The host ended with ${code} before it showed a link.`)));
  });
  const { origin } = new URL(link);
  const entered = await fetch(link, { redirect: 'manual' });
  const cookie = entered.headers.get('Set-Cookie')?.split(';')[0] ?? '';
  const hangUp = new AbortController();
  return {
    origin,
    cookie,
    post: async (path, body) => {
      const headers = { Cookie: cookie, Origin: origin, 'Content-Type': 'application/json' };
      const answer = await fetch(`${origin}${path}`, { method: 'POST', headers, body: JSON.stringify(body) });
      if (!answer.ok) throw new Error(`${path} answers ${answer.status}: ${await answer.text()}`);
      return (await answer.json()) as never;
    },
    listen: async (hear) => {
      const { signal } = hangUp;
      const { body } = await fetch(`${origin}/api/events`, { headers: { Cookie: cookie }, signal });
      if (body) void hearEvents(body, hear).catch((error: unknown) => signal.aborted || Promise.reject(error));
    },
    end: async () => {
      hangUp.abort();
      child.kill('SIGTERM');
      await exit;
    },
  };
}

async function hearEvents(body: AsyncIterable<Uint8Array>, hear: (event: WorkbenchEvent) => void): Promise<void> {
  const decoder = new TextDecoder();
  let waiting = '';
  for await (const chunk of body) {
    const lines = (waiting + decoder.decode(chunk, { stream: true })).split('\n');
    waiting = lines.pop() ?? '';
    // A heartbeat has no data.
    for (const line of lines) if (line.startsWith('data: {')) hear(JSON.parse(line.slice('data: '.length)));
  }
}
