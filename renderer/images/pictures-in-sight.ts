/**
 * Requests for pictures: what comes into sight together is one request, whose pictures arrive as each is ready. A page at rest
 * requests at once; while it scrolls, only what stays in sight is requested. Pictures come as data URLs: an address for each, of a
 * file or in memory, costs the browser more time than the picture.
 */
import type { SentPicture } from '../../main/api/contract.ts';

/** The maximum of one request. */
const MOST = 200;
const SETTLED_MS = 60;

interface Wanted {
  readonly imageId: number;
  /** Called once, with a data URL, or undefined if the picture does not come. */
  readonly deliver: (picture: string | undefined) => void;
}

/** What is requested together, or will be. */
interface Screen {
  readonly projectId: string;
  readonly px: number;
  readonly wanted: Set<Wanted>;
  readonly stop: AbortController;
}

/** Resolves to lines of JSON, each a `SentPicture`. Throws when there is no answer, or a refusal. */
export type RequestPictures = (
  projectId: string,
  px: number,
  imageIds: readonly number[],
  signal: AbortSignal,
) => Promise<ReadableStream<Uint8Array<ArrayBuffer>>>;

export class PicturesInSight {
  readonly #request: RequestPictures;
  #next: Screen[] = [];
  #gathers = false;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #lastMs = Number.NEGATIVE_INFINITY;

  constructor(request: RequestPictures) {
    this.#request = request;
  }

  /**
   * @param px the picture's long side
   * @returns a function that withdraws the request, for a picture that leaves sight
   */
  show(projectId: string, px: number, wanted: Wanted): () => void {
    const screen = this.#screenFor(projectId, px);
    screen.wanted.add(wanted);
    this.#schedule();
    return () => {
      screen.wanted.delete(wanted);
      // One that is not requested yet may still be for others.
      if (screen.wanted.size === 0 && !this.#next.includes(screen)) screen.stop.abort();
    };
  }

  #screenFor(projectId: string, px: number): Screen {
    const begun = this.#next.find(
      (screen) => screen.projectId === projectId && screen.px === px && screen.wanted.size < MOST,
    );
    if (begun) return begun;
    const screen = { projectId, px, wanted: new Set<Wanted>(), stop: new AbortController() };
    this.#next.push(screen);
    return screen;
  }

  #schedule(): void {
    // What one task renders belongs together and must not look like scrolling.
    if (this.#gathers) return;
    this.#gathers = true;
    queueMicrotask(() => {
      this.#gathers = false;
    });
    const nowMs = performance.now();
    const scrolls = nowMs - this.#lastMs < SETTLED_MS;
    this.#lastMs = nowMs;
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.#send(), scrolls ? SETTLED_MS : 0);
  }

  #send(): void {
    const screens = this.#next;
    this.#next = [];
    for (const screen of screens) if (screen.wanted.size > 0) void receive(screen, this.#request);
  }
}

async function receive({ projectId, px, wanted, stop }: Screen, request: RequestPictures): Promise<void> {
  const imageIds = [...new Set([...wanted].map(({ imageId }) => imageId))];
  try {
    const answer = await request(projectId, px, imageIds, stop.signal);
    for await (const line of linesOf(answer)) deliver(JSON.parse(line) as SentPicture, wanted);
  } catch {
    // Each picture that is still missing is requested by its own address, which says why.
  }
  for (const { deliver } of wanted) deliver(undefined);
}

async function* linesOf(text: ReadableStream<Uint8Array<ArrayBuffer>>): AsyncGenerator<string> {
  const reader = text.pipeThrough(new TextDecoderStream()).getReader();
  let rest = '';
  for (let piece = await reader.read(); !piece.done; piece = await reader.read()) {
    const lines = (rest + piece.value).split('\n');
    rest = lines.pop() ?? '';
    yield* lines;
  }
}

function deliver({ imageId, picture }: SentPicture, wanted: Set<Wanted>): void {
  for (const one of wanted) {
    if (one.imageId !== imageId) continue;
    wanted.delete(one);
    one.deliver(picture);
  }
}
