/** Sources that are lists of images; `folder` is where the images are. */
import type { Migration } from '../migrate.ts';

export const manifests: Migration = {
  version: 10,
  statements: ['ALTER TABLE sources ADD COLUMN manifest VARCHAR'],
};
