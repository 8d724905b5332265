/** The ranking of the unlabelled images, class by class, and the K line through it. */

import type { SelectionOrder } from '../../catalogue/selection.ts';
import type { SourceKind } from '../../catalogue/source-use.ts';
import type { EvidenceKind } from '../../pipeline/precision-curve.ts';
import type { Verdict } from './decisions.ts';

export { selectionOrders } from '../../catalogue/selection.ts';

/** What of the ranking trains the student; the settings of the next selection. */
export interface SelectionSettings {
  /** Images per class above the line. */
  readonly k: number;
  /** P: classes an image may stand in. */
  readonly topP: number;
  readonly order: SelectionOrder;
  readonly balanced: boolean;
  readonly leakGuard: boolean;
  readonly nearDuplicateGuard: boolean;
  /** A class ends before K where fewer of it are right than this; null: K alone. */
  readonly precision: number | null;
}

/** By what it is known how often a teacher is right. */
export type KnownBy = EvidenceKind;

export interface KByPrecision {
  readonly k: number;
  readonly by: KnownBy;
  readonly answers: number;
}

export interface LabelRunInfo {
  readonly runId: string;
  readonly teacherRunId: string;
  /** Its teacher’s title and P. */
  readonly title: string;
  readonly finishedAt: string;
  readonly images: number;
  readonly topP: number;
  /** By which its scores are divided where they are shown; null where its teacher was in no comparison yet. */
  readonly temperature: number | null;
}

export interface RanksOverview {
  /** The newest first; empty before the first labelling. */
  readonly labelRuns: readonly LabelRunInfo[];
  readonly settings: SelectionSettings;
  /** The paper's K for this collection, and why. */
  readonly suggestedK: number;
  readonly suggestedBecause: string;
  /** The recipe takes images by their tags, in an order of its own: the ranks are the teacher's all the same. */
  readonly takenByTags: boolean;
}

/** Settings to look ahead with, or to change. */
export type SettingsChange = { readonly [Key in keyof SelectionSettings]?: SelectionSettings[Key] | undefined };

/** One class at the present settings. `kept` < K is a shortage. */
export interface ClassBalance {
  readonly classId: number;
  readonly name: string;
  readonly colour: string;
  readonly candidates: number;
  readonly kept: number;
  readonly vetoed: number;
  readonly pinned: number;
  readonly setAside: number;
  /** The score of the last image above the line; 0 when none is. */
  readonly scoreAtCut: number;
  /** The same, calibrated; null where that is not known. */
  readonly calibratedAtCut: number | null;
  /** Images whose best class this is. */
  readonly firsts: number;
}

export interface Balance {
  readonly settings: SelectionSettings;
  readonly classes: readonly ClassBalance[];
  readonly selected: number;
  /** Of the classes that may end before K, by what; null where no precision is wanted. Of the others too little is known. */
  readonly floors: Readonly<Record<KnownBy, number>> | null;
  /** Where one more image a class would be wrong more often than right; null where too little is known. */
  readonly byCurve: KByPrecision | null;
}

/** Why an image above the line does not count: it repeats a held-out image, or one that stands higher. */
export type SetAside = 'leak' | 'nearDuplicate';

export interface RankedItem {
  readonly imageId: number;
  /** From 1, by score, whatever is decided of it. */
  readonly rank: number;
  readonly score: number;
  /** The score as a probability that held-out images bear out; null where that is not known. Nothing is ranked by it. */
  readonly calibrated: number | null;
  readonly verdict: Verdict | null;
  readonly setAside: SetAside | null;
  /** The class a person gave it; null without one. */
  readonly labelledAs: number | null;
  /** It would train the student. */
  readonly kept: boolean;
  /** Its rank in the labelling that was asked for beside this one; null where that one did not rank it here. */
  readonly rankBeside?: number | null | undefined;
}

export interface RankWindow {
  readonly classId: number;
  /** All ranked images of the class. */
  readonly total: number;
  /** The line stands behind this rank: the last one by score that is kept. 0: above all. */
  readonly cutRank: number;
  readonly offset: number;
  readonly items: readonly RankedItem[];
}

export interface ScoreCurve {
  readonly total: number;
  readonly cutRank: number;
  /** At most 256, spread evenly over the ranks, the first and the last among them. */
  readonly points: readonly { readonly rank: number; readonly score: number }[];
}

/** Estimated from the spot-checks above the line; null values before the first. */
export interface PrecisionAtK {
  readonly k: number;
  readonly checked: number;
  readonly correct: number;
  readonly precision: number | null;
  /** 95 % Wilson. */
  readonly interval: readonly [number, number] | null;
  /** Along the rank, in ten equal parts from 1 to the line. */
  readonly parts: readonly {
    readonly firstRank: number;
    readonly lastRank: number;
    readonly checked: number;
    readonly correct: number;
  }[];
}

/**
 * How many are right: by spot-checks, of those above the line that somebody looked at; where nobody did, of the held-out
 * images that the teacher takes for the class as surely as those above the line.
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

/** `otherClassId` when a person says which class it is instead. */
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

/** What changed in a class's top K between two teachers. Of each change, those that moved furthest come first. */
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
