/**
 * Reads video files with the ffmpeg on the PATH, which is never shipped: the number of frames, and some of them. If it
 * is not installed, the user is told so as the reason.
 */
import { spawn } from 'node:child_process';
import { z } from 'zod';
import { at } from '../../at.ts';
import { ImageUnreachable, ImageUnreadable } from '../image-failures.ts';

export interface Video {
  readonly frames: number;
  /** As displayed, after rotation. */
  readonly widthPx: number;
  readonly heightPx: number;
}

/** A frame as ffmpeg outputs it: [height, width, 3]. */
export interface RawFrame {
  readonly widthPx: number;
  readonly heightPx: number;
  readonly pixels: Buffer;
}

const TIMEOUT_MS = 120_000;
const MOST_OUTPUT_BYTES = 2 ** 30;
const NO_FFMPEG =
  'a video, which needs ffmpeg, but ffmpeg is not on the PATH: install it and add the folder again, or give the clip as a folder of frames';

/** By its first bytes: MP4, MOV, 3GP; Matroska, WebM; AVI; MPEG; Ogg; Flash video. */
export function isVideo(head: Buffer): boolean {
  const text = (offset: number, length: number) => head.toString('latin1', offset, offset + length);
  const isPicture = /^(?:avif|avis|heic|heix|heim|heis|hevc|mif1|msf1|jxl |crx )/.test(text(8, 4));
  return (
    (text(4, 4) === 'ftyp' && !isPicture) ||
    text(4, 4) === 'moov' ||
    text(0, 4) === '\x1aE\xdf\xa3' ||
    (text(0, 4) === 'RIFF' && text(8, 4) === 'AVI ') ||
    ['\0\0\x01\xba', '\0\0\x01\xb3', 'OggS', 'FLV\x01'].includes(text(0, 4)) ||
    (head[0] === 0x47 && head[188] === 0x47)
  );
}

const probeSchema = z.object({
  streams: z
    .array(
      z.object({
        width: z.int().min(1),
        height: z.int().min(1),
        nb_read_packets: z.string().transform(Number).pipe(z.int().min(0)),
        side_data_list: z.array(z.object({ rotation: z.number().optional() })).optional(),
      }),
    )
    .min(1),
});

/** Throws `ImageUnreadable` if it is damaged, contains no pictures, or ffmpeg is not installed. */
export async function videoAt(path: string): Promise<Video> {
  const entries = 'stream=width,height,nb_read_packets:stream_side_data=rotation';
  const asked = ['-v', 'error', '-select_streams', 'v:0', '-count_packets', '-show_entries', entries, '-of', 'json'];
  const { output, said, failed } = await ran('ffprobe', [...asked, inert(path)]).catch((error) => {
    throw error instanceof ProgramMissing ? new ImageUnreadable(NO_FFMPEG) : error;
  });
  if (failed) throw damaged(said);
  const found = probeSchema.safeParse(asJson(output.toString('utf8')));
  if (!found.success) throw new ImageUnreadable('the video holds no pictures');
  const { width, height, nb_read_packets: frames, side_data_list: sides = [] } = at(found.data.streams, 0);
  const isOnItsSide = sides.some(({ rotation = 0 }) => Math.abs(rotation) % 180 === 90);
  return { frames, widthPx: isOnItsSide ? height : width, heightPx: isOnItsSide ? width : height };
}

/**
 * The frames at these ascending indices, each once. Throws `ImageUnreadable` for a damaged video, `ImageUnreachable` if
 * ffmpeg is no longer there.
 */
export async function videoFrames(path: string, places: readonly number[]): Promise<ReadonlyMap<number, RawFrame>> {
  const wanted = [...new Set(places)].sort((a, b) => a - b);
  const chosen = wanted.map((place) => `eq(n\\,${place})`).join('+');
  // New timestamps, so that no frame is dropped or duplicated to keep a frame rate.
  const filter = `select='${chosen}',setpts=N/FRAME_RATE/TB`;
  const asked = ['-v', 'error', '-nostdin', '-i', inert(path), '-an', '-sn', '-vf', filter];
  const { output, said, failed } = await ran('ffmpeg', [...asked, '-f', 'image2pipe', '-c:v', 'ppm', '-']).catch(
    (error) => {
      throw error instanceof ProgramMissing
        ? new ImageUnreachable('machine', 'a video, but ffmpeg is no longer on the PATH')
        : error;
    },
  );
  const frames = portableMaps(output);
  if (failed || frames.length < wanted.length) throw damaged(said);
  return new Map(wanted.map((place, index) => [place, at(frames, index)]));
}

/** Keeps ffmpeg from taking a name that starts with a dash or looks like an address for anything but a file. */
function inert(path: string): string {
  return `file:${path}`;
}

function damaged(said: string): ImageUnreadable {
  const [first = ''] = said.split('\n').filter((line) => line.trim() !== '');
  const reason = first.replace(/^\[[^\]]*\]\s*/, '').replace(/^file:\S*:\s*/, '');
  return new ImageUnreadable(`the video is damaged or cut short${reason === '' ? '' : ` (${reason.trim()})`}`);
}

function asJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** Parses consecutive binary PPMs: `P6`, width, height, 255, pixels. */
function portableMaps(output: Buffer): RawFrame[] {
  const frames: RawFrame[] = [];
  for (let offset = 0; offset < output.length; ) {
    const header = /^P6\s+(\d+)\s+(\d+)\s+255\s/.exec(output.toString('latin1', offset, offset + 64));
    if (!header) break;
    const [whole, width, height] = header;
    const [widthPx, heightPx] = [Number(width), Number(height)];
    const start = offset + whole.length;
    const end = start + 3 * widthPx * heightPx;
    if (end > output.length) break;
    frames.push({ widthPx, heightPx, pixels: output.subarray(start, end) });
    offset = end;
  }
  return frames;
}

class ProgramMissing extends Error {}

interface Ran {
  readonly output: Buffer;
  readonly said: string;
  readonly failed: boolean;
}

async function ran(program: string, args: readonly string[]): Promise<Ran> {
  return await new Promise((resolve, reject) => {
    const child = spawn(program, args, { stdio: ['ignore', 'pipe', 'pipe'], timeout: TIMEOUT_MS, windowsHide: true });
    const [output, said]: [Buffer[], Buffer[]] = [[], []];
    let bytes = 0;
    child.stdout.on('data', (data: Buffer) => {
      bytes += data.length;
      if (bytes > MOST_OUTPUT_BYTES) child.kill();
      else output.push(data);
    });
    child.stderr.on('data', (data: Buffer) => said.push(data));
    child.on('error', (error: NodeJS.ErrnoException) =>
      reject(error.code === 'ENOENT' ? new ProgramMissing(program) : error),
    );
    child.on('close', (code) =>
      resolve({ output: Buffer.concat(output), said: Buffer.concat(said).toString('utf8'), failed: code !== 0 }),
    );
  });
}
