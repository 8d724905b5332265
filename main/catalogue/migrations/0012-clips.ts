/**
 * A project may hold clips; the column is the number of frames its networks see of each, or null in a project of
 * pictures.
 */
import type { Migration } from '../migrate.ts';

export const clips: Migration = {
  version: 12,
  statements: ['ALTER TABLE project ADD COLUMN clip_frames INTEGER'],
};
