/** The ranking of the unlabelled images, class by class, and the K line through it. */

import type { SelectionOrder } from '../../catalogue/selection.ts';
import type { SourceKind } from '../../catalogue/source-use.ts';
import type { EvidenceKind } from '../../pipeline/precision-curve.ts';
import type { Verdict } from './decisions.ts';

export { selectionOrders } from '../../catalogue/selection.ts';

/** Which part of the ranking trains the student; the settings of the next selection. */
export interface SelectionSettings {
  /** Images per class above the line. */
  readonly k: number;
  /** P: the number of classes in which an image may rank. */
  readonly topP: number;
  readonly order: SelectionOrder;
  readonly balanced: boolean;
  readonly leakGuard: boolean;
  readonly nearDuplicateGuard: boolean;
  /** A class ends before K where its precision falls below this; null: only K counts. */
  readonly precision: number | null;
}

/** The evidence for a teacher's precision. */
export type KnownBy = EvidenceKind;

export interface KByPrecision {
  readonly k: number;
  readonly by: KnownBy;
  readonly answers: number;
}

export interface LabelRunInfo {
  readonly runId: string;
  readonly teacherRunId: string;
  /** Made of its teacher’s title and P. */
  readonly title: string;
  readonly finishedAt: string;
  readonly images: number;
  readonly topP: number;
  /** The calibration temperature of its displayed scores; null if its teacher was in no comparison yet. */
  readonly temperature: number | null;
}

export interface RanksOverview {
  /** The newest first; empty before the first labelling. */
  readonly labelRuns: readonly LabelRunInfo[];
  readonly settings: SelectionSettings;
  /** The paper's K for this collection, and the reason. */
  readonly suggestedK: number;
  readonly suggestedBecause: string;
  /** The recipe takes images by their tags, in an order of their own; the ranks still show the teacher's. */
  readonly takenByTags: boolean;
}

/** Settings to preview, or to change. */
export type SettingsChange = { readonly [Key in keyof SelectionSettings]?: SelectionSettings[Key] | undefined };

/** One class with the current settings. `kept` < K is a shortage. */
export interface ClassBalance {
  readonly classId: number;
  readonly name: string;
  readonly colour: string;
  readonly candidates: number;
  readonly kept: number;
  readonly vetoed: number;
  readonly pinned: number;
  readonly setAside: number;
  /** The score of the last image above the line; 0 if there is none. */
  readonly scoreAtCut: number;
  /** The same, calibrated; null if the calibration is unknown. */
  readonly calibratedAtCut: number | null;
  /** Images whose best class this is. */
  readonly firsts: number;
}

export interface Balance {
  readonly settings: SelectionSettings;
  readonly classes: readonly ClassBalance[];
  readonly selected: number;
  /** How many classes have a floor, by kind of evidence; for the others too little is known. Null if no precision is wanted. */
  readonly floors: Readonly<Record<KnownBy, number>> | null;
  /** The K beyond which one more image per class would be wrong more often than right; null if too little is known. */
  readonly byCurve: KByPrecision | null;
}

/** Why an image above the line does not count: it repeats a held-out image, or one with a better rank. */
export type SetAside = 'leak' | 'nearDuplicate';

export interface RankedItem {
  readonly imageId: number;
  /** From 1, by score, regardless of decisions. */
  readonly rank: number;
  readonly score: number;
  /**
   * The score as a calibrated probability, based on held-out images; null if the calibration is unknown. Nothing is ranked by
   * it.
   */
  readonly calibrated: number | null;
  readonly verdict: Verdict | null;
  readonly setAside: SetAside | null;
  /** The class a person gave it; null if nobody did. */
  readonly labelledAs: number | null;
  /** It would train the student. */
  readonly kept: boolean;
  /** Its rank in the labelling chosen for comparison; null if that one did not rank it in this class. */
  readonly rankBeside?: number | null | undefined;
}

export interface RankWindow {
  readonly classId: number;
  /** The number of ranked images of the class. */
  readonly total: number;
  /** The line is after this rank: the last one by score that is kept. 0: before all. */
  readonly cutRank: number;
  readonly offset: number;
  readonly items: readonly RankedItem[];
}

export interface ScoreCurve {
  readonly total: number;
  readonly cutRank: number;
  /** At most 256, spread evenly over the ranks, including the first and the last. */
  readonly points: readonly { readonly rank: number; readonly score: number }[];
}

/** Estimated from the spot-checks above the line; null values before the first check. */
export interface PrecisionAtK {
  readonly k: number;
  readonly checked: number;
  readonly correct: number;
  readonly precision: number | null;
  /** 95 % Wilson interval. */
  readonly interval: readonly [number, number] | null;
  /** Over the ranks, in ten equal parts from 1 to the line. */
  readonly parts: readonly {
    readonly firstRank: number;
    readonly lastRank: number;
    readonly checked: number;
    readonly correct: number;
  }[];
}

/**
 * The precision of a class: from spot-checks above the line, if there are any; otherwise from the held-out images that the
 * teacher assigns to the class with at least the confidence of those above the line.
 */
export interface ClassPrecision {
  readonly classId: number;
  readonly by: KnownBy;
  /** At least one. */
  readonly checked: number;
  readonly correct: number;
}

/** Images to check, drawn at random in each tenth of the ranks above the line, unchecked ones first. */
export interface SpotCheckDraw {
  readonly items: readonly { readonly imageId: number; readonly rank: number; readonly score: number }[];
}

/** `otherClassId` if a person names another class instead. */
export interface SpotCheckAnswer {
  readonly imageId: number;
  readonly rank: number;
  readonly correct: boolean;
  readonly otherClassId: number | null;
}

export interface ImageDetail {
  readonly imageId: number;
  readonly path: string;
  readonly folder: string;
  readonly sourceKind: SourceKind;
  readonly widthPx: number;
  readonly heightPx: number;
  readonly format: string;
  readonly bytes: number;
  /** Its class, or all of them where an image may have several. */
  readonly classIds: readonly number[];
  readonly labelSource: 'folder' | 'hand' | null;
  readonly split: string | null;
  /** Per label run, the newest first. */
  readonly scores: readonly {
    readonly labelRunId: string;
    readonly title: string;
    readonly classes: readonly {
      readonly classId: number;
      readonly score: number;
      readonly calibrated: number | null;
      readonly rank: number;
    }[];
  }[];
  readonly verdicts: readonly { readonly classId: number; readonly verdict: Verdict }[];
  readonly nearDuplicates: readonly number[];
  /** Runs that were trained or evaluated on it. */
  readonly usedIn: readonly { readonly runId: string; readonly stage: string }[];
}

export const rankChanges = ['entered', 'left', 'moved'] as const;
export type RankChange = (typeof rankChanges)[number];

/** What changed in a class's top K between two teachers. Of each kind of change, the largest movements come first. */
export interface RankChanges {
  readonly entered: number;
  readonly left: number;
  readonly stayed: number;
  readonly items: readonly {
    readonly imageId: number;
    /** Null: not ranked in that run. */
    readonly before: number | null;
    readonly after: number | null;
    readonly change: RankChange;
  }[];
}
