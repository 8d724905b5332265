/** Projects as the workbench knows them: recently opened ones, and those that are open. */
import type { LabelSetting } from '../../catalogue/label-setting.ts';

export { labelSettings } from '../../catalogue/label-setting.ts';
export type { LabelSetting };

export interface RecentProject {
  readonly name: string;
  readonly folder: string;
  readonly openedAt: string;
  /** False when the folder is gone or its disk is not there. */
  readonly present: boolean;
}

/** The accuracy of the newest comparison's student on held-out images. */
export interface ProjectAccuracy {
  readonly top1: number;
  /** 95 % Wilson interval. */
  readonly interval: readonly [number, number];
  readonly finishedAt: string;
}

/** A project on the start page, as it looked when it was last open here. */
export interface ShownProject extends RecentProject {
  readonly id: string;
  /** How many of its pictures are available. */
  readonly pictures: number;
  /** Null before the first comparison. */
  readonly accuracy: ProjectAccuracy | null;
}

export interface ProjectRef {
  /** Stands for the folder in URLs; a folder keeps its id from start to start. */
  readonly id: string;
  readonly name: string;
  readonly folder: string;
  /** Why it cannot be changed, as the end of a sentence that begins with the project; null if it can. */
  readonly readOnly: string | null;
  /** How many classes an image may have. */
  readonly labels: LabelSetting;
  /** For a project of clips, how many frames of each networks see; null for pictures. */
  readonly clipFrames: number | null;
}

/** The kind of a project, chosen before it has images. */
export interface ProjectKind {
  readonly labels?: LabelSetting | undefined;
  readonly clipFrames?: number | undefined;
}

export interface StartInfo {
  readonly version: string;
  readonly host: 'browser' | 'desktop';
  readonly recents: readonly ShownProject[];
  /** The default place for a new project. */
  readonly projectsFolder: string;
}

export interface FolderListing {
  readonly folder: string;
  /** Null at the top of a disk. */
  readonly parent: string | null;
  readonly folders: readonly { readonly name: string; readonly folder: string }[];
  /** Folders whose names are not UTF-8, with the bytes escaped (`lat\\xE9`): no text path leads into them. */
  readonly unopenable: readonly string[];
  /** Model files (.safetensors) in it, for pages that ask for one. */
  readonly models: readonly { readonly name: string; readonly file: string }[];
  /** Archives and lists of images in it, for the page that adds images. */
  readonly sources: readonly { readonly name: string; readonly file: string }[];
  /** The number of image files directly in it, counted up to 1000. */
  readonly images: number;
  /** The first of them by name, for previews. */
  readonly pictures: readonly string[];
  /** Home, disks, and the folders of recent sources. */
  readonly places: readonly { readonly name: string; readonly folder: string }[];
}

/** What is directly in a folder, each kind counted up to a limit. */
export interface FolderInside {
  readonly folder: string;
  readonly images: number;
  readonly folders: number;
  /** There are more than were counted. */
  readonly more: boolean;
}
