/** Using a model: classify and export; and pictures by id. */

import { type Context, Hono } from 'hono';
import { z } from 'zod';
import { exportFormats } from '../../pipeline/export-run.ts';
import type { Workbench } from '../../workbench/services.ts';
import { RequestRefused } from '../failures.ts';
import { pictureLines } from '../picture-lines.ts';
import { checked, classificationId, page, path, runId, wholeNumber } from '../validation.ts';

const project = '/projects/:project';
const runParam = z.object({ project: z.string(), run: runId });
const classificationParam = z.object({ project: z.string(), classification: classificationId });
const LARGEST_DROP_BYTES = 256 * 2 ** 20;
const MOST_DROPPED_IMAGES = 200;
const LARGEST_IMAGE_BYTES = 64 * 2 ** 20;
const LONGEST_NAME = 255;
/** The pictures of two screens. */
const MOST_AHEAD = 400;
/** The pictures of one screen. */
const MOST_IN_AN_ANSWER = 200;
const thumbnailSize = z.object({ px: wholeNumber.min(16).max(2048).default(192) });
const imageIds = z
  .string()
  .transform((ids): unknown[] => ids.split(','))
  .pipe(z.array(wholeNumber).min(1).max(MOST_IN_AN_ANSWER));
const similarCount = z.object({ count: wholeNumber.min(1).max(200).default(24) });
/** The side of each frame of a moving picture, in pixels. */
const MOST_MOVING_PX = 768;
/** The URL contains the file's version, so a day is safe. */
const CACHE = 'private, max-age=86400, immutable';

export function modelUseRoutes({ use, pictures }: Workbench) {
  return new Hono()
    .post(
      `${project}/runs/:run/classify-folder`,
      checked('param', runParam),
      checked('json', z.strictObject({ folder: path })),
      async (c) =>
        c.json(await use.classifyFolder(c.req.param('project'), c.req.valid('param').run, c.req.valid('json').folder)),
    )
    .post(`${project}/runs/:run/classify-images`, checked('param', runParam), async (c) => {
      const images = await droppedImages(c);
      return c.json(await use.classifyImages(c.req.param('project'), c.req.valid('param').run, images));
    })
    .get(`${project}/classifications`, async (c) => c.json(await use.classifications(c.req.param('project'))))
    .get(
      `${project}/classifications/:classification`,
      checked('param', classificationParam),
      checked('query', page),
      async (c) =>
        c.json(
          await use.classification(c.req.param('project'), c.req.valid('param').classification, c.req.valid('query')),
        ),
    )
    .get(
      `${project}/classifications/:classification/thumbnails/:place`,
      checked('param', classificationParam.extend({ place: wholeNumber })),
      async (c) => {
        const { classification, place } = c.req.valid('param');
        const jpeg = await pictures.classifiedThumbnail(
          c.req.param('project'),
          classification,
          place,
          c.req.raw.signal,
        );
        return c.body(Uint8Array.from(jpeg), 200, {
          'Content-Type': 'image/jpeg',
          'Cache-Control': 'private, max-age=600',
        });
      },
    )
    .post(
      `${project}/runs/:run/export`,
      checked('param', runParam),
      checked(
        'json',
        z.strictObject({
          format: z.enum(exportFormats),
          folder: path,
        }),
      ),
      async (c) => {
        const { format, folder } = c.req.valid('json');
        return c.json(await use.exportRun(c.req.param('project'), c.req.valid('param').run, format, folder));
      },
    )
    .get(
      `${project}/thumbnails/:image`,
      checked('param', z.object({ project: z.string(), image: wholeNumber })),
      checked('query', thumbnailSize),
      async (c) => {
        const { image } = c.req.valid('param');
        const { px } = c.req.valid('query');
        return versioned(
          c,
          await pictures.thumbnail(c.req.param('project'), image, px, c.req.raw.signal),
          'image/jpeg',
        );
      },
    )
    .get(`${project}/thumbnails`, checked('query', thumbnailSize.extend({ images: imageIds })), (c) => {
      const { images, px } = c.req.valid('query');
      const { signal } = c.req.raw;
      return c.body(
        pictureLines(images, async (imageId) => await pictures.thumbnail(c.req.param('project'), imageId, px, signal)),
        200,
        { 'Content-Type': 'application/x-ndjson', 'Cache-Control': 'no-store' },
      );
    })
    .get(
      `${project}/moving-thumbnails/:image`,
      checked('param', z.object({ project: z.string(), image: wholeNumber })),
      checked('query', z.object({ px: wholeNumber.min(16).max(MOST_MOVING_PX).default(192) })),
      async (c) => {
        const { image } = c.req.valid('param');
        const { px } = c.req.valid('query');
        const moving = await pictures.movingThumbnail(c.req.param('project'), image, px, c.req.raw.signal);
        return versioned(c, moving, 'image/webp');
      },
    )
    .post(
      `${project}/thumbnails`,
      checked('query', thumbnailSize),
      checked('json', z.strictObject({ images: z.array(wholeNumber).max(MOST_AHEAD) })),
      async (c) => {
        const [{ images }, { px }] = [c.req.valid('json'), c.req.valid('query')];
        return c.json(await pictures.thumbnailsAhead(c.req.param('project'), images, px, c.req.raw.signal));
      },
    )
    .get(
      `${project}/network-views/:image`,
      checked('param', z.object({ project: z.string(), image: wholeNumber })),
      async (c) => {
        const { image } = c.req.valid('param');
        const png = await pictures.networkView(c.req.param('project'), image, c.req.raw.signal);
        // The recipe may change, and with it the picture.
        return c.body(Uint8Array.from(png), 200, { 'Content-Type': 'image/png', 'Cache-Control': 'no-store' });
      },
    )
    .get(
      `${project}/images/:image/similar`,
      checked('param', z.object({ project: z.string(), image: wholeNumber })),
      checked('query', similarCount),
      async (c) => {
        const { image } = c.req.valid('param');
        return c.json(await pictures.similarImages(c.req.param('project'), image, c.req.valid('query').count));
      },
    )
    .post(`${project}/similar`, checked('query', similarCount), async (c) => {
      const [picture] = await droppedImages(c);
      if (!picture) throw wrongNumber();
      const { count } = c.req.valid('query');
      return c.json(await pictures.similarToPicture(c.req.param('project'), picture, count, c.req.raw.signal));
    });
}

/** Dropped files sent by a page: few, none of them huge, with names that are only displayed. */
async function droppedImages(c: Context): Promise<{ name: string; bytes: Uint8Array }[]> {
  const files = (await formOf(c)).getAll('image').filter((entry) => entry instanceof File);
  if (files.length === 0 || files.length > MOST_DROPPED_IMAGES) throw wrongNumber();
  for (const { name, size } of files) {
    if (name.length > LONGEST_NAME) throw new RequestRefused('The name of a dropped image is too long: rename it.');
    if (size <= LARGEST_IMAGE_BYTES) continue;
    throw new RequestRefused(
      `${name} is larger than ${LARGEST_IMAGE_BYTES / 2 ** 20} MiB: classify its folder instead.`,
    );
  }
  return await Promise.all(
    files.map(async (file) => ({ name: file.name, bytes: new Uint8Array(await file.arrayBuffer()) })),
  );
}

async function formOf(c: Context): Promise<FormData> {
  const type = c.req.header('Content-Type') ?? '';
  const boundary = /^multipart\/form-data\s*;.*\bboundary="?([^";]+)/i.exec(type)?.[1];
  if (boundary === undefined) {
    throw new RequestRefused('The request is not understood: images are sent as a form (multipart/form-data).', 415);
  }
  const body = await c.get('bodies').receive(c.req.raw, LARGEST_DROP_BYTES);
  requireFewParts(body, `--${boundary}`);
  return await new Response(new Uint8Array(body), { headers: { 'Content-Type': type } }).formData().catch(() => {
    throw new RequestRefused('The images did not arrive completely: drop them again.');
  });
}

/** Millions of empty parts would keep the parser busy for seconds. */
function requireFewParts(body: Buffer, delimiter: string): void {
  let parts = 0;
  for (let place = body.indexOf(delimiter); place !== -1; place = body.indexOf(delimiter, place + delimiter.length)) {
    // A form ends with one more delimiter than it has parts.
    if (++parts > MOST_DROPPED_IMAGES + 1) throw wrongNumber();
  }
}

function wrongNumber(): RequestRefused {
  return new RequestRefused(`Drop between 1 and ${MOST_DROPPED_IMAGES} images, or classify their folder.`);
}

/** Sent again only if the version differs. */
function versioned(c: Context, { picture, version }: { picture: Uint8Array; version: string }, type: string): Response {
  const etag = `"${version}"`;
  if (c.req.header('If-None-Match') === etag) return c.body(null, 304, { ETag: etag });
  return c.body(Uint8Array.from(picture), 200, { 'Content-Type': type, 'Cache-Control': CACHE, ETag: etag });
}
