/** Projects as the workbench knows them: those opened lately, and the ones that are open. */

export interface RecentProject {
  readonly name: string;
  readonly folder: string;
  readonly openedAt: string;
  /** False when the folder is gone or on a disk that is not there. */
  readonly present: boolean;
}

export interface ProjectRef {
  /** Stands for the folder in URLs; the same folder has the same id at every start. */
  readonly id: string;
  readonly name: string;
  readonly folder: string;
  /** Why nothing of it can be changed, as the end of a sentence that begins with the project; null where it can be. */
  readonly readOnly: string | null;
}

export interface StartInfo {
  readonly version: string;
  readonly host: 'browser' | 'desktop';
  readonly recents: readonly RecentProject[];
  /** Where a new project is offered to be put. */
  readonly projectsFolder: string;
}

export interface FolderListing {
  readonly folder: string;
  /** Null at the top of a disk. */
  readonly parent: string | null;
  readonly folders: readonly { readonly name: string; readonly folder: string }[];
  /** Folders whose names are no UTF-8, with the bytes written out (`lat\\xE9`): no text leads into them. */
  readonly unopenable: readonly string[];
  /** Model files (.safetensors) in it, for the places where one is asked for. */
  readonly models: readonly { readonly name: string; readonly file: string }[];
  /** How many image files lie directly in it, at most 1000 counted. */
  readonly images: number;
  /** Home, disks, and the folders of recent sources. */
  readonly places: readonly { readonly name: string; readonly folder: string }[];
}
