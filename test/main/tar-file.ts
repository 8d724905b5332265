/** Tar archives as written by webdataset and img2dataset, for tests. */
import { tarEnd, tarEntry } from '../../main/pipeline/tar-entry.ts';
import { drawn } from './image-files.ts';

export type TarFiles = Readonly<Record<string, Uint8Array | string | object>>;

/** Text is written as it is, objects as JSON. */
export function tarOf(files: TarFiles, { end = true } = {}): Buffer {
  const entries = Object.entries(files).map(([name, content]) => tarEntry(name, bytesOf(content)));
  return Buffer.concat(end ? [...entries, tarEnd()] : entries);
}

function bytesOf(content: Uint8Array | string | object): Uint8Array {
  if (content instanceof Uint8Array) return content;
  return Buffer.from(typeof content === 'string' ? content : JSON.stringify(content));
}

export async function jpegBytes(seed: number, sizePx = 24): Promise<Buffer> {
  return await drawn({ seed, widthPx: sizePx, heightPx: sizePx }).jpeg().toBuffer();
}
