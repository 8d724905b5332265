/** A project may hold clips, of which its networks see so many frames; null in one that holds pictures. */
import type { Migration } from '../migrate.ts';

export const clips: Migration = {
  version: 12,
  statements: ['ALTER TABLE project ADD COLUMN clip_frames INTEGER'],
};
