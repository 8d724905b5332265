/** Projects as the workbench knows them: those opened lately, and the ones that are open. */
import type { LabelSetting } from '../../catalogue/label-setting.ts';

export { labelSettings } from '../../catalogue/label-setting.ts';
export type { LabelSetting };

export interface RecentProject {
  readonly name: string;
  readonly folder: string;
  readonly openedAt: string;
  /** False when the folder is gone or on a disk that is not there. */
  readonly present: boolean;
}

/** Of the newest comparison's student, on held-out images. */
export interface ProjectAccuracy {
  readonly top1: number;
  /** 95 % Wilson. */
  readonly interval: readonly [number, number];
  readonly finishedAt: string;
}

/** A project of the start page, as it looked when it was open here last. */
export interface ShownProject extends RecentProject {
  readonly id: string;
  /** How many pictures of it can be asked for. */
  readonly pictures: number;
  /** Null before the first comparison. */
  readonly accuracy: ProjectAccuracy | null;
}

export interface ProjectRef {
  /** Stands for the folder in URLs; the same folder has the same id at every start. */
  readonly id: string;
  readonly name: string;
  readonly folder: string;
  /** Why nothing of it can be changed, as the end of a sentence that begins with the project; null where it can be. */
  readonly readOnly: string | null;
  /** How many classes an image may have. */
  readonly labels: LabelSetting;
  /** Of the clips that it holds, how many frames networks see; null where it holds pictures. */
  readonly clipFrames: number | null;
}

/** What a project is for, said before it has images. */
export interface ProjectKind {
  readonly labels?: LabelSetting | undefined;
  readonly clipFrames?: number | undefined;
}

export interface StartInfo {
  readonly version: string;
  readonly host: 'browser' | 'desktop';
  readonly recents: readonly ShownProject[];
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
  /** Archives and lists of images in it, for where images are added. */
  readonly sources: readonly { readonly name: string; readonly file: string }[];
  /** How many image files lie directly in it, at most 1000 counted. */
  readonly images: number;
  /** The first of them by name, to look at. */
  readonly pictures: readonly string[];
  /** Home, disks, and the folders of recent sources. */
  readonly places: readonly { readonly name: string; readonly folder: string }[];
}

/** What lies directly in a folder, each counted up to so many. */
export interface FolderInside {
  readonly folder: string;
  readonly images: number;
  readonly folders: number;
  /** There are more than were counted. */
  readonly more: boolean;
}
