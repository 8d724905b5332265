/** The kinds of source folder. */
export const sourceKinds = ['labelled', 'unlabelled'] as const;
export type SourceKind = (typeof sourceKinds)[number];

/** What labelled images are used for. */
export const splits = ['train', 'val', 'test'] as const;
export type Split = (typeof splits)[number];

export interface SourceUse {
  readonly kind: SourceKind;
  /** For labelled images; null means `train`. */
  readonly split: Split | null;
}
