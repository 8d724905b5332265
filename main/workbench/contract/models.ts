/** Model files that all projects share. */
import type { FirstFile } from '../../pipeline/first-files.ts';
import type { RemoteFile } from '../../pipeline/models-folder/address.ts';
import type { ModelsFolder } from '../../pipeline/models-folder/models-folder.ts';

export type { RemoteFile };

export interface ModelsView extends ModelsFolder {
  /** Where a first file can be found. */
  readonly first: readonly FirstFile[];
}
