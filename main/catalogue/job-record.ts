/** A job as stored in the project's `jobs/` folder. */
import { z } from 'zod';

const jobKinds = [
  'importFolder',
  'drawSample',
  'runMethod',
  'runExperiment',
  'importTeacher',
  'downloadModel',
  'classify',
  'export',
  'examineDevices',
] as const;
export type JobKind = (typeof jobKinds)[number];

const jobStates = ['queued', 'running', 'paused', 'succeeded', 'cancelled', 'failed', 'interrupted'] as const;
export type JobState = (typeof jobStates)[number];

/** The unit of a job's progress. */
const jobUnits = ['images', 'files', 'devices', 'megabytes'] as const;
export type JobUnit = (typeof jobUnits)[number];

/** What a job mainly does: computing on devices, or reading and writing files. */
const jobLanes = ['compute', 'io'] as const;

const progressSchema = z.object({
  label: z.string(),
  /** Absent in jobs of earlier versions, as is `whole`. */
  model: z.string().nullable().default(null),
  done: z.number(),
  total: z.number().nullable(),
  unit: z.enum(jobUnits),
  perSecond: z.number().nullable(),
  secondsLeft: z.number().nullable(),
  whole: z.object({ share: z.number(), secondsLeft: z.number().nullable() }).nullable().default(null),
  detail: z.string(),
});

const resultSchema = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('imported'), images: z.number(), problems: z.number() }),
  z.object({ kind: z.literal('sampleReady'), folder: z.string() }),
  z.object({ kind: z.literal('ran'), runIds: z.array(z.string()) }),
  z.object({ kind: z.literal('experimented'), experiment: z.string() }),
  z.object({ kind: z.literal('classified'), classificationId: z.string(), images: z.number() }),
  z.object({ kind: z.literal('exported'), file: z.string(), bytes: z.number() }),
  z.object({ kind: z.literal('downloaded'), file: z.string(), bytes: z.number() }),
]);

export const jobRecordSchema = z.object({
  version: z.literal(1),
  id: z.string(),
  kind: z.enum(jobKinds),
  title: z.string(),
  lane: z.enum(jobLanes),
  /** The devices it computes on; null means all, as before lanes existed. */
  hardware: z.array(z.string()).nullable().default(null),
  parameters: z.unknown(),
  state: z.enum(jobStates),
  reason: z.string().nullable(),
  /** Increases with every job, whatever the clock says; absent in jobs of earlier versions. */
  sequence: z.number().int().optional(),
  createdAt: z.string(),
  startedAt: z.string().nullable(),
  finishedAt: z.string().nullable(),
  runId: z.string().nullable(),
  device: z.string().nullable(),
  /** What was kept from trainings that were ended early; absent in jobs of earlier versions. */
  kept: z.array(z.string()).default([]),
  progress: progressSchema.nullable(),
  result: resultSchema.nullable(),
  log: z.array(z.object({ at: z.string(), text: z.string() })),
});

export type JobRecord = z.infer<typeof jobRecordSchema>;
