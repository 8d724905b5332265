/** Sources that are lists of images. Their folder is where the images lie. */
import type { Migration } from '../migrate.ts';

export const manifests: Migration = {
  version: 10,
  statements: ['ALTER TABLE sources ADD COLUMN manifest VARCHAR'],
};
