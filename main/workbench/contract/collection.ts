/** What a project's folders hold. */
import type { ImagePart } from '../../catalogue/decisions.ts';
import type { SourceKind, SourceUse, Split } from '../../catalogue/source-use.ts';

export { imageParts } from '../../catalogue/decisions.ts';
export type { ManifestColumns, ManifestLook, ManifestRole } from '../../catalogue/manifest.ts';
export { sourceKinds, splits } from '../../catalogue/source-use.ts';
export type { ImagePart, SourceKind, SourceUse, Split };

export interface Source extends SourceUse {
  readonly id: number;
  readonly folder: string;
  /** The list that names its images; null where all that lies in the folder are. */
  readonly manifest: string | null;
  readonly images: number;
  /** Images that are gone, or that cannot be reached because the folder is not there: they count again when they are back. */
  readonly missing: number;
  readonly problems: number;
  /** False when the folder is not there now: it can be pointed to its new place. */
  readonly present: boolean;
  /** Why it is not, as the end of a sentence that begins with the folder. */
  readonly away: string | null;
  /** Of `images`, those that are one file with another image, and count as that one. */
  readonly repeated: number;
  /** What a person should know of it, a sentence each. */
  readonly notes: readonly string[];
}

export interface ClassInfo {
  readonly id: number;
  readonly name: string;
  /** #rrggbb */
  readonly colour: string;
  /** The key that gives this class when labelling by hand. */
  readonly key: string | null;
  /** Labelled images to train on, of which `byHand` were labelled here. */
  readonly train: number;
  readonly heldOut: number;
  readonly byHand: number;
  /** One of its images, to show what the class is; null where it has none. */
  readonly exampleImageId: number | null;
}

export interface CollectionSummary {
  readonly sources: readonly Source[];
  readonly classes: readonly ClassInfo[];
  readonly labelled: number;
  readonly heldOut: number;
  readonly unlabelled: number;
  readonly problems: number;
  readonly missing: number;
  /** What keeps a training from starting, one sentence with what to do; null when nothing does. */
  readonly unfit: string | null;
  /** What a person should know of the classes, a sentence each. */
  readonly notes: readonly string[];
}

export interface ImageQuery {
  readonly sourceId?: number | undefined;
  /** Images that have this class now. */
  readonly classId?: number | undefined;
  readonly part?: ImagePart | undefined;
  /** Part of the path. */
  readonly search?: string | undefined;
}

export interface ImageItem {
  readonly imageId: number;
  /** Its class now, or all of them where an image may have several, by their numbers; none without one. */
  readonly classIds: readonly number[];
  readonly name: string;
}

export interface ImageWindow {
  readonly total: number;
  readonly offset: number;
  readonly images: readonly ImageItem[];
}

export interface FileProblemWindow {
  readonly total: number;
  readonly offset: number;
  readonly problems: readonly { readonly path: string; readonly reason: string }[];
}

/** Groups of near-copies, the largest first; known once the pixels are decoded. */
export interface DuplicateWindow {
  /** False until a training or labelling has decoded the collection. */
  readonly known: boolean;
  readonly total: number;
  readonly offset: number;
  /** Whether what a brought network sees is still being compared: more groups may follow. */
  readonly comparing: boolean;
  readonly groups: readonly DuplicateGroup[];
}

export interface DuplicateGroup {
  readonly imageIds: readonly number[];
  /** Whether it repeats a held-out image among the unlabelled. */
  readonly leak: boolean;
  /** `pixels`: near-copies by their pixels; `eyes`: a brought network sees nearly the same picture in some of them. */
  readonly by: 'pixels' | 'eyes';
}
