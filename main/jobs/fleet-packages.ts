/** The packages that a fleet needs, as one file that is loaded when it is asked for: what is bundled of them has no names otherwise. */
export { Queue, WaitingError, Worker } from 'bullmq';
export { Redis } from 'ioredis';
