/** The values that requests may contain: bounded, and refused with one sentence otherwise. */

import { isAbsolute } from 'node:path';
import { zValidator } from '@hono/zod-validator';
import type { MiddlewareHandler } from 'hono';
import { z } from 'zod';
import { messageOf } from '../failure.ts';
import { localPath } from '../local-path.ts';
import { isObjectAddress } from '../object-address.ts';
import { effortNames } from '../pipeline/effort-kinds.ts';
import { goalNames, modelNames } from '../pipeline/stages.ts';
import { imageParts } from '../workbench/contract/collection.ts';
import { decisionKinds } from '../workbench/contract/decisions.ts';
import { selectionOrders } from '../workbench/contract/ranks.ts';
import { RequestRefused } from './failures.ts';
import { receiveJson } from './json-body.ts';

const MOST_IMAGES_IN_A_REQUEST = 100_000;
const MOST_ROWS_IN_A_PAGE = 1000;
const MOST_RANGES = 10_000;
const MOST_CLASSES_OF_AN_IMAGE = 1000;
const LONGEST_PATH = 8192;

const folderPath = z
  .string()
  .min(1)
  .max(LONGEST_PATH)
  .transform(onThisMachine)
  .refine((path) => isAbsolute(path) && !path.includes('\0'), 'must be an absolute path');
/** Where images are: on this machine, or in object storage. */
export const imagePlace = z
  .string()
  .max(LONGEST_PATH)
  .refine((path) => isObjectAddress(path) && !path.includes('\0'))
  .or(folderPath);
/** Where an object storage answers; what it may be is said where it is used. */
export const storagePlace = z.strictObject({
  endpoint: z.string().min(1).max(2048).optional(),
  region: z.string().min(1).max(100).optional(),
});
const flag = z.enum(['true', 'false']).transform((value) => value === 'true');
export const wholeNumber = z.coerce
  .number()
  .int()
  .min(0)
  .max(2 ** 31 - 1);
export const runId = z.string().regex(/^[a-z]+-[0-9a-z]{4,64}$/, 'must be the id of a run');
export const path = folderPath;
export const classificationId = z.string().regex(/^[0-9a-z-]{1,64}$/, 'must be the id of a classification');

export const page = z.object({
  offset: wholeNumber.default(0),
  limit: wholeNumber.max(MOST_ROWS_IN_A_PAGE).default(100),
});

export const imageQuery = z.object({
  sourceId: wholeNumber.optional(),
  classId: wholeNumber.optional(),
  part: z.enum(imageParts).optional(),
  search: z.string().max(200).optional(),
});

const k = z.coerce
  .number()
  .int()
  .min(1)
  .max(2 ** 31 - 1);
const topP = z.coerce.number().int().min(1).max(65_535);
const order = z.enum(selectionOrders);

/** Settings in a URL. */
export const settingsQuery = z.object({
  k: k.optional(),
  topP: topP.optional(),
  order: order.optional(),
  balanced: flag.optional(),
  leakGuard: flag.optional(),
  nearDuplicateGuard: flag.optional(),
});

/** Settings in a body. */
export const settingsChange = z.strictObject({
  k: k.optional(),
  topP: topP.optional(),
  order: order.optional(),
  balanced: z.boolean().optional(),
  leakGuard: z.boolean().optional(),
  nearDuplicateGuard: z.boolean().optional(),
  precision: z.number().gt(0).lt(1).nullable().optional(),
});

const imageIds = z.array(wholeNumber).min(1).max(MOST_IMAGES_IN_A_REQUEST);

const target = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('images'), imageIds }),
  z.strictObject({
    kind: z.literal('ranks'),
    labelRunId: runId,
    classId: wholeNumber,
    firstRank: k,
    lastRank: k,
    further: z
      .array(z.strictObject({ firstRank: k, lastRank: k }))
      .max(MOST_RANGES)
      .optional(),
  }),
  z.strictObject({ kind: z.literal('matching'), query: imageQuery }),
]);

export const decision = z.discriminatedUnion('decision', [
  z.strictObject({ decision: z.enum(decisionKinds), classId: wholeNumber, target }),
  z.strictObject({
    decision: z.literal('labels'),
    classIds: z.array(wholeNumber).max(MOST_CLASSES_OF_AN_IMAGE),
    target,
  }),
]);

const model = z.enum(modelNames);

export const evaluationQuery = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('cell'), model, trueClass: wholeNumber, predictedClass: wholeNumber }),
  z.object({ kind: z.literal('mistakes'), model }),
  z.object({ kind: z.literal('gains') }),
  z.object({ kind: z.literal('losses') }),
]);

export const goal = z.enum(goalNames);
export const effort = z.enum(effortNames);
export const recipeChoice = z.strictObject({
  recipe: z.string().max(200).optional(),
  set: z.array(z.string().max(2000)).max(100).default([]),
});

function onThisMachine(given: string, context: Pick<z.RefinementCtx, 'addIssue'>): string {
  try {
    return localPath(given);
  } catch (error) {
    context.addIssue({ code: 'custom', message: messageOf(error).replace(/\.$/, '') });
    return z.NEVER;
  }
}

/**
 * A validator that throws `RequestRefused`, so that a refusal has the same shape as every other failure. The body is received
 * only when the validator runs: checks before it in a route come first.
 */
export function checked<Schema extends z.ZodType, Target extends 'json' | 'query' | 'param'>(
  target: Target,
  schema: Schema,
) {
  const validator = zValidator(target, schema, (result) => {
    if (result.success) return;
    const [issue] = result.error.issues;
    const place = issue?.path.join('.') ?? '';
    throw new RequestRefused(
      `The request is not understood${place ? ` at “${place}”` : ''}: ${issue?.message ?? 'invalid'}.`,
    );
  });
  if (target !== 'json') return validator;
  const receiving: MiddlewareHandler = async (c, next) => {
    await receiveJson(c);
    return await validator(c, next);
  };
  return receiving as typeof validator;
}
