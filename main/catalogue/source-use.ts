/** What a folder of images is to a project. */
export const sourceKinds = ['labelled', 'unlabelled'] as const;
export type SourceKind = (typeof sourceKinds)[number];

/** What labelled images are for. */
export const splits = ['train', 'val', 'test'] as const;
export type Split = (typeof splits)[number];

export interface SourceUse {
  readonly kind: SourceKind;
  /** Of labelled images; null is `train`. */
  readonly split: Split | null;
}
