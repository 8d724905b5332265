/** Browsers that scroll: each requests a window of a ranking and the pictures in it, screen after screen. */
import { Agent, request } from 'node:http';
import { CounterRandom } from '../../../main/random.ts';

export interface ScrolledRanking {
  readonly origin: string;
  readonly cookie: string;
  readonly projectId: string;
  readonly labelRunId: string;
  readonly images: number;
}

/** How long requests took, in milliseconds. */
export interface Latencies {
  readonly windows: readonly number[];
  readonly thumbnails: readonly number[];
}

const WINDOW = 200;
const PICTURES_IN_SIGHT = 24;
/** A browser's connections to one host. */
const CONNECTIONS = 6;
const NEWLINE = 10;
/** Scrolling faster than this, nobody sees anything. */
const SCREEN_MS = 500;

export async function scroll(ranking: ScrolledRanking, clients: number, durationMs: number): Promise<Latencies> {
  const all = await Promise.all(
    Array.from({ length: clients }, (_, client) => scrollOne(ranking, new CounterRandom(client), durationMs)),
  );
  return {
    windows: all.flatMap(({ windows }) => windows),
    thumbnails: all.flatMap(({ thumbnails }) => thumbnails),
  };
}

async function scrollOne(ranking: ScrolledRanking, random: CounterRandom, durationMs: number): Promise<Latencies> {
  const { projectId, labelRunId, images } = ranking;
  const project = `/api/projects/${projectId}`;
  const agent = new Agent({ keepAlive: true, maxSockets: CONNECTIONS });
  const [windows, thumbnails]: [number[], number[]] = [[], []];
  const startedMs = performance.now();
  while (performance.now() - startedMs < durationMs) {
    const screen = performance.now();
    const offset = random.integer(images - WINDOW);
    const path = `${project}/ranks/${labelRunId}/0/window?offset=${offset}&limit=${WINDOW}`;
    const body = await timed(windows, () => get(ranking, agent, path));
    const { items } = JSON.parse(body.toString()) as { readonly items: readonly { readonly imageId: number }[] };
    const inSight = items.slice(0, PICTURES_IN_SIGHT).map(({ imageId }) => imageId);
    await timedLines(thumbnails, ranking, agent, `${project}/thumbnails?px=192&images=${inSight.join()}`);
    await new Promise((resolve) => setTimeout(resolve, screen + SCREEN_MS - performance.now()));
  }
  agent.destroy();
  return { windows, thumbnails };
}

async function timed(times: number[], work: () => Promise<Buffer>): Promise<Buffer> {
  const startedMs = performance.now();
  const body = await work();
  times.push(performance.now() - startedMs);
  return body;
}

/** When each picture of a screen came. */
async function timedLines(times: number[], ranking: ScrolledRanking, agent: Agent, path: string): Promise<void> {
  const startedMs = performance.now();
  const body = await get(ranking, agent, path, (chunk) => {
    for (const byte of chunk) if (byte === NEWLINE) times.push(performance.now() - startedMs);
  });
  const lost = body
    .toString()
    .trimEnd()
    .split('\n')
    .filter((line) => !line.includes('data:image/jpeg'));
  if (lost.length > 0) throw new Error(`${path} answers without a picture: ${lost.join(' ')}`);
}

async function get(
  { origin, cookie }: ScrolledRanking,
  agent: Agent,
  path: string,
  arrived: (chunk: Buffer) => void = () => {},
): Promise<Buffer> {
  return await new Promise((resolve, reject) => {
    const asking = request(`${origin}${path}`, { agent, headers: { Cookie: cookie } }, (response) => {
      const chunks: Buffer[] = [];
      response.on('data', (chunk: Buffer) => {
        chunks.push(chunk);
        arrived(chunk);
      });
      response.on('error', reject);
      response.on('end', () => {
        const body = Buffer.concat(chunks);
        if (response.statusCode === 200) resolve(body);
        else reject(new Error(`${path} answers ${response.statusCode}: ${body.toString()}`));
      });
    });
    asking.on('error', reject);
    asking.end();
  });
}
