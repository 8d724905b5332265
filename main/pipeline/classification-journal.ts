/**
 * The progress of a classification, so that an interrupted one can continue: a file with one JSON line per batch,
 * appended before the batch is printed, each with its checksum. Everything after a damaged line is classified again.
 * The journal is found by model and images, and deleted when the classification is done.
 */
import { createHash } from 'node:crypto';
import { appendFileSync, createReadStream, mkdirSync, truncateSync } from 'node:fs';
import { readdir, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { checksumOf } from '../checksum.ts';
import { isMissing } from '../why-unread.ts';
import type { Classifier } from './classifier.ts';
import type { ClassifiedImage } from './classify.ts';
import type { ListedImages } from './listed-images.ts';

/** Nobody resumes a classification after this time. */
const KEPT_MS = 30 * 24 * 3600 * 1000;

export class ClassificationJournal {
  readonly #folder: string;
  readonly #path: string;
  readonly #key: string;

  /** `folder` holds the journals of a user's classifications. */
  constructor(folder: string, key: string) {
    this.#folder = folder;
    this.#key = key;
    this.#path = join(folder, `${key}.jsonl`);
  }

  /** Batches in order, from the first image on. A line cut short by a kill is removed. */
  async *batches(): AsyncGenerator<readonly ClassifiedImage[]> {
    await this.#forgetOld();
    let [next, whole] = [0, 0];
    for await (const line of linesOf(this.#path)) {
      const images = this.#batchOf(line);
      if (!images) break;
      whole += Buffer.byteLength(line) + 1;
      // A duplicate batch was written by the same command in another terminal.
      if (images[0]?.place !== next) continue;
      next += images.length;
      yield images;
    }
    if (next === 0) return await this.finish();
    const { size } = await stat(this.#path);
    if (size < whole) appendFileSync(this.#path, '\n');
    else truncateSync(this.#path, whole);
  }

  /** Returns false if nothing can be written: the classification then starts over after an interruption. */
  append(images: readonly ClassifiedImage[]): boolean {
    try {
      mkdirSync(this.#folder, { recursive: true });
      const text = JSON.stringify(images);
      appendFileSync(this.#path, `${checksumOf(this.#key, text)} ${text}\n`);
      return true;
    } catch {
      return false;
    }
  }

  /** Called when the classification is complete. */
  async finish(): Promise<void> {
    await rm(this.#path, { force: true });
  }

  /** Undefined for a damaged line, or one cut short by a kill. */
  #batchOf(line: string): readonly ClassifiedImage[] | undefined {
    const [checksum = ''] = line.split(' ', 1);
    const text = line.slice(checksum.length + 1);
    if (checksum !== checksumOf(this.#key, text)) return undefined;
    return JSON.parse(text) as readonly ClassifiedImage[];
  }

  async #forgetOld(): Promise<void> {
    for (const name of await readdir(this.#folder).catch(() => [])) {
      const path = join(this.#folder, name);
      const { mtimeMs } = await stat(path);
      if (Date.now() - mtimeMs > KEPT_MS) await rm(path, { force: true });
    }
  }
}

/**
 * Identifies a model file, images in their present state, and a device: everything that affects the numbers. Throws if
 * the model does not exist.
 */
export async function classificationKey(
  { modelPath, temperature, thresholds, ...rest }: Classifier,
  device: string,
  images: Pick<ListedImages, 'each'>,
): Promise<string> {
  const { size, mtimeMs } = await stat(modelPath);
  const { leastEnergy, familiar } = rest.kind === 'network' ? rest : {};
  const also = [leastEnergy, familiar?.mostDistance].filter((limit) => limit !== undefined);
  const hash = createHash('sha256').update(
    JSON.stringify([modelPath, size, mtimeMs, device, temperature, ...also, thresholds]),
  );
  for await (const image of images.each()) hash.update(JSON.stringify(image));
  return hash.digest('hex').slice(0, 32);
}

async function* linesOf(path: string): AsyncGenerator<string> {
  const input = createReadStream(path, 'utf8');
  try {
    yield* createInterface({ input, crlfDelay: Number.POSITIVE_INFINITY });
  } catch (error) {
    if (!isMissing(error)) throw error;
  } finally {
    input.destroy();
  }
}
