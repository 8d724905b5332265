/** The contents of a project's sources. */
import type { ImagePart } from '../../catalogue/decisions.ts';
import type { SourceKind, SourceUse, Split } from '../../catalogue/source-use.ts';

export { imageParts } from '../../catalogue/decisions.ts';
export type { ManifestColumns, ManifestLook, ManifestRole } from '../../catalogue/manifest.ts';
export { sourceKinds, splits } from '../../catalogue/source-use.ts';
export type { ImagePart, SourceKind, SourceUse, Split };

export interface Source extends SourceUse {
  readonly id: number;
  readonly folder: string;
  /** The list that names its images; null if all images in the folder belong to it. */
  readonly manifest: string | null;
  readonly images: number;
  /** Images that are gone, or out of reach because the folder is not there: they count again when they are back. */
  readonly missing: number;
  readonly problems: number;
  /** False when the folder is not there now: the project can be told its new place. */
  readonly present: boolean;
  /** The reason, as the end of a sentence that begins with the folder. */
  readonly away: string | null;
  /** How many of `images` are the same file as another image and count as that one. */
  readonly repeated: number;
  /** Notes for a person, one sentence each. */
  readonly notes: readonly string[];
}

export interface ClassInfo {
  readonly id: number;
  readonly name: string;
  /** #rrggbb */
  readonly colour: string;
  /** The key that assigns this class when labelling by hand. */
  readonly key: string | null;
  /** Labelled images to train on; `byHand` of them were labelled here. */
  readonly train: number;
  readonly heldOut: number;
  readonly byHand: number;
  /** One of its images, to illustrate the class; null if it has none. */
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
  /** Why no training can start, as one sentence with what to do; null if one can. */
  readonly unfit: string | null;
  /** Notes on the classes for a person, one sentence each. */
  readonly notes: readonly string[];
}

export interface ImageQuery {
  readonly sourceId?: number | undefined;
  /** Only images that have this class now. */
  readonly classId?: number | undefined;
  readonly part?: ImagePart | undefined;
  /** A part of the path. */
  readonly search?: string | undefined;
}

export interface ImageItem {
  readonly imageId: number;
  /** The ids of its current class, or of all its classes where an image may have several; empty if it has none. */
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

/** Groups of near-copies, the largest first; known once the images are decoded. */
export interface DuplicateWindow {
  /** False until a training or labelling has decoded the collection. */
  readonly known: boolean;
  readonly total: number;
  readonly offset: number;
  /** The share of the comparison by pixels that is done, before there is any group; null afterwards. */
  readonly share: number | null;
  /** Whether pixels, or features of a brought network, are still being compared: more groups may follow. */
  readonly comparing: boolean;
  readonly groups: readonly DuplicateGroup[];
}

export interface DuplicateGroup {
  readonly imageIds: readonly number[];
  /** Whether an unlabelled image in it repeats a held-out one. */
  readonly leak: boolean;
  /** `pixels`: near-copies by their pixels; `eyes`: for some of them, the features of a brought network are nearly the same. */
  readonly by: 'pixels' | 'eyes';
}

/** One picture of an answer that holds many. */
export interface SentPicture {
  readonly imageId: number;
  /** A data URL; left out if the image cannot be shown. Its own address says why. */
  readonly picture?: string | undefined;
}
