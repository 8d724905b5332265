/** The record of a run: runs/<id>/run.json is authoritative, and readable without Understudy. */
import { z } from 'zod';
import { stageNames } from './stages.ts';

const runStates = ['running', 'succeeded', 'failed', 'cancelled'] as const;
export type RunState = (typeof runStates)[number];

export const runRecordSchema = z.object({
  id: z.string(),
  stage: z.enum(stageNames),
  /** A hash of everything that the run's outcome depends on. */
  key: z.string(),
  /** The runs that it builds on. */
  parents: z.array(z.string()),
  state: z.enum(runStates),
  /** Why it failed or was cancelled. */
  reason: z.string().nullable(),
  seed: z.number(),
  recipe: z.unknown(),
  engine: z.string(),
  device: z.string(),
  versions: z.record(z.string(), z.string()),
  /**
   * Increases with every run, whatever the clock says; absent in runs of earlier versions, which precede all others.
   */
  sequence: z.number().int().optional(),
  startedAt: z.string(),
  finishedAt: z.string().nullable(),
  metrics: z.record(z.string(), z.number()),
  /** Made for an experiment only: it does not count as the project's own latest comparison. */
  forExperiment: z.literal(true).optional(),
  /** It contains what another training had learnt when it was stopped: the id of that run, and its planned length. */
  endedEarly: z.object({ run: z.string(), imagesPlanned: z.number(), imagesInEpoch: z.number() }).optional(),
});

export type RunRecord = z.infer<typeof runRecordSchema>;
