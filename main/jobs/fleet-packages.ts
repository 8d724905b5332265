/**
 * The packages that a fleet needs, re-exported from one module that is loaded on demand, because bundled packages
 * cannot be imported by name.
 */
export { Queue, WaitingError, Worker } from 'bullmq';
export { Redis } from 'ioredis';
