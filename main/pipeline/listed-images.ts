/**
 * The images of a classification, in order. Some thousands are held in memory; where there are more, all of them lie in
 * a temporary file, as a JSON line each, so that no list grows with the collection.
 */
import { type FileHandle, mkdtemp, open, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { at } from '../at.ts';
import type { ImageLocator } from '../images/image-locator.ts';

const MOST_HELD = 65_536;
/** Lines that are written and found together. */
const BLOCK = 1024;

interface Lines {
  readonly file: FileHandle;
  /** Where each block begins. */
  readonly begins: number[];
  bytes: number;
}

export class ListedImages {
  readonly #mostHeld: number;
  /** All images; once there is a file, those after its last block. */
  #held: ImageLocator[] = [];
  #lines: Lines | undefined;

  constructor(mostHeld = MOST_HELD) {
    this.#mostHeld = mostHeld;
  }

  static of(images: readonly ImageLocator[]): ListedImages {
    const list = new ListedImages(images.length);
    list.#held = [...images];
    return list;
  }

  get length(): number {
    return BLOCK * (this.#lines?.begins.length ?? 0) + this.#held.length;
  }

  async add(image: ImageLocator): Promise<void> {
    this.#held.push(image);
    if (!this.#lines && this.#held.length > this.#mostHeld) this.#lines = await openLines();
    if (!this.#lines) return;
    while (this.#held.length >= BLOCK) await append(this.#lines, this.#held.splice(0, BLOCK));
  }

  /** Images from `first` on: `count`, or as many as there are. */
  async part(first: number, count: number): Promise<ImageLocator[]> {
    const written = this.length - this.#held.length;
    const end = Math.min(first + count, this.length);
    const found: ImageLocator[] = [];
    for (let block = Math.floor(first / BLOCK); this.#lines && block * BLOCK < Math.min(end, written); block++) {
      const images = await blockOf(this.#lines, block);
      found.push(...images.slice(Math.max(0, first - block * BLOCK), Math.max(0, end - block * BLOCK)));
    }
    return [...found, ...this.#held.slice(Math.max(0, first - written), Math.max(0, end - written))];
  }

  async *each(): AsyncGenerator<ImageLocator> {
    for (let first = 0; first < this.length; first += BLOCK) yield* await this.part(first, BLOCK);
  }

  async close(): Promise<void> {
    await this.#lines?.file.close();
  }
}

/** The file has no name any more: it goes when it is closed, however this process ends. */
async function openLines(): Promise<Lines> {
  const folder = await mkdtemp(join(tmpdir(), 'understudy-images-'));
  try {
    return { file: await open(join(folder, 'list'), 'w+'), begins: [], bytes: 0 };
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

async function append(lines: Lines, images: readonly ImageLocator[]): Promise<void> {
  const text = Buffer.from(images.map((image) => `${JSON.stringify(image)}\n`).join(''));
  await lines.file.appendFile(text);
  lines.begins.push(lines.bytes);
  lines.bytes += text.length;
}

async function blockOf({ file, begins, bytes }: Lines, block: number): Promise<ImageLocator[]> {
  const begin = at(begins, block);
  const text = Buffer.alloc((begins[block + 1] ?? bytes) - begin);
  await file.read(text, 0, text.length, begin);
  const lines = text.toString('utf8').split('\n').slice(0, -1);
  return lines.map((line) => JSON.parse(line) as ImageLocator);
}
