/** The ranking, class by class, and the K line through it, with the project's settings or with others as a preview. */

import { at } from '../../at.ts';
import { readClasses } from '../../catalogue/classes.ts';
import type { Database } from '../../catalogue/database.ts';
import { type DecisionKind, decideOf } from '../../catalogue/decisions.ts';
import { removeSpotCheck, saveSpotCheck } from '../../catalogue/labels/spot-checks.ts';
import { chooseSettings } from '../../catalogue/selection-settings.ts';
import { readRuns } from '../../pipeline/runs.ts';
import type { WorkbenchContext } from '../context.ts';
import type {
  Balance,
  ClassPrecision,
  ImageDetail,
  KnownBy,
  LabelRunInfo,
  PrecisionAtK,
  RankChange,
  RankChanges,
  RankedItem,
  RanksOverview,
  RankWindow,
  ScoreCurve,
  SelectionSettings,
  SettingsChange,
  SpotCheckAnswer,
  SpotCheckDraw,
} from '../contract/ranks.ts';
import { rankOfImage } from '../ranking/class-ranking.ts';
import { DuplicateWindows } from '../ranking/duplicate-windows.ts';
import { heldOutPrecisions } from '../ranking/held-out-precision.ts';
import { imageDetail } from '../ranking/image-detail.ts';
import { isCounting, isKept, keptCount } from '../ranking/k-line.ts';
import { rankChanges } from '../ranking/rank-changes.ts';
import type { ClassLine, RanksState } from '../ranking/ranks-state.ts';
import type { RanksStates } from '../ranking/ranks-states.ts';
import { calibratedIn } from '../ranking/shown-scores.ts';
import { drawSpotCheck, precisionAt, precisionsOf } from '../ranking/spot-checks.ts';
import { titlesOf } from '../runs/run-titles.ts';
import type { Page, RanksDesk as Service } from '../services.ts';

const CURVE_POINTS = 256;
const NO_IMAGE = -1;

export class RanksDesk implements Service {
  readonly #context: WorkbenchContext;
  readonly #states: RanksStates;
  readonly #duplicates: DuplicateWindows;

  constructor(context: WorkbenchContext, states: RanksStates, duplicates = new DuplicateWindows()) {
    this.#context = context;
    this.#states = states;
    this.#duplicates = duplicates;
  }

  async overview(projectId: string): Promise<RanksOverview> {
    const state = await this.#states.of(projectId);
    const { k, because } = await state.suggested();
    return {
      labelRuns: await labelRunInfos(state),
      settings: await state.settings(),
      suggestedK: k,
      suggestedBecause: because,
      takenByTags: (await state.recipe()).select.by === 'tags',
    };
  }

  async changeSettings(projectId: string, change: SettingsChange): Promise<SelectionSettings> {
    const state = await this.#states.of(projectId);
    await chooseSettings(state.project.database, change);
    this.#context.events.tell({ kind: 'projectChanged', projectId, part: 'selection' });
    return await state.settings();
  }

  async balance(projectId: string, labelRunId: string, change: SettingsChange): Promise<Balance> {
    const state = await this.#states.of(projectId);
    const run = await state.labelRun(labelRunId);
    const settings = await state.settings(change);
    const { seed } = await state.recipe();
    const present = new Map((await readClasses(state.project.database)).map((entry) => [entry.id, entry]));
    const lines = await state.lines(run, settings);
    const cutImages = lines.map(({ standing: { ranking }, cut }) => ({
      // No image if none is above the line.
      imageId: cut.lastPlace < 0 ? NO_IMAGE : at(ranking.imageIds, cut.lastPlace),
      classId: ranking.classId,
    }));
    const atCuts = await calibratedIn(state.project, run.id, await state.showing(run), cutImages);
    const classes = lines.flatMap(({ standing, cut }, index) => {
      const { ranking, vetoed, setAside, pinned, pinnedUnranked } = standing;
      const { classId } = ranking;
      const entry = present.get(classId);
      // Merged into another class since it was ranked.
      if (!entry) return [];
      const { name, colour } = entry;
      const counted = {
        ...{ classId, name, colour },
        candidates: ranking.imageIds.length,
        kept: keptCount(standing, cut, seed),
        vetoed,
        pinned: pinned.size + pinnedUnranked,
        setAside,
        scoreAtCut: cut.lastPlace < 0 ? 0 : at(ranking.scores, cut.lastPlace),
        calibratedAtCut: at(atCuts, index),
        firsts: ranking.places.reduce((sum, place) => sum + Number(place === 1), 0),
      };
      return [counted];
    });
    const floors = await state.floorsBy(run, settings);
    const known = (kind: KnownBy) => [...(floors?.values() ?? [])].filter(({ by }) => by === kind).length;
    return {
      ...{ settings, classes, selected: classes.reduce((sum, { kept }) => sum + kept, 0) },
      floors: floors ? { spotChecks: known('spotChecks'), heldOut: known('heldOut') } : null,
      byCurve: await state.kByCurve(run, settings),
    };
  }

  async window(
    projectId: string,
    labelRunId: string,
    classId: number,
    { offset, limit }: Page,
    change: SettingsChange,
    besideRunId?: string,
  ): Promise<RankWindow> {
    const state = await this.#states.of(projectId);
    const run = await state.labelRun(labelRunId);
    const settings = await state.settings(change);
    const { seed } = await state.recipe();
    const { labels, pins, vetoes, setAside } = await state.standing(run, settings);
    const line = await state.line(run, classId, settings);
    const { imageIds, scores } = line.standing.ranking;
    const beside =
      besideRunId === undefined
        ? undefined
        : (await state.line(await state.labelRun(besideRunId), classId, settings)).standing.ranking;
    const shown = Math.max(0, Math.min(limit, imageIds.length - offset));
    const pairs = Array.from(imageIds.subarray(offset, offset + shown), (imageId) => ({ imageId, classId }));
    const calibrated = await calibratedIn(state.project, run.id, await state.showing(run), pairs);
    const item = (place: number): RankedItem => {
      const imageId = at(imageIds, place);
      const vetoed = vetoes.get(classId)?.has(imageId) ?? false;
      const pinned = pins.get(classId)?.has(imageId) ?? false;
      return {
        imageId,
        rank: place + 1,
        score: at(scores, place),
        calibrated: at(calibrated, place - offset),
        verdict: vetoed ? 'veto' : pinned ? 'pin' : null,
        setAside: setAside.get(imageId) ?? null,
        labelledAs: labels.get(imageId) ?? null,
        kept: isKept(line.standing, line.cut, place, isCounting(line.standing, place), seed),
        ...(beside && { rankBeside: rankOfImage(beside, imageId) }),
      };
    };
    return {
      classId,
      total: imageIds.length,
      cutRank: line.cut.lastPlace + 1,
      offset,
      items: Array.from({ length: shown }, (_, index) => item(offset + index)),
    };
  }

  async scoreCurve(projectId: string, labelRunId: string, classId: number): Promise<ScoreCurve> {
    const { standing, cut } = await this.#line(projectId, labelRunId, classId);
    const { scores } = standing.ranking;
    const count = Math.min(CURVE_POINTS, scores.length);
    const points = Array.from({ length: count }, (_, index) => {
      const place = count === 1 ? 0 : Math.round((index * (scores.length - 1)) / (count - 1));
      return { rank: place + 1, score: at(scores, place) };
    });
    return { total: scores.length, cutRank: cut.lastPlace + 1, points };
  }

  async rankOf(projectId: string, labelRunId: string, classId: number, imageId: number): Promise<number | null> {
    const { standing } = await this.#line(projectId, labelRunId, classId);
    return rankOfImage(standing.ranking, imageId);
  }

  async precision(projectId: string, labelRunId: string, classId: number): Promise<PrecisionAtK> {
    const { project } = await this.#states.of(projectId);
    const line = await this.#line(projectId, labelRunId, classId);
    return await precisionAt(project, labelRunId, line);
  }

  async precisions(projectId: string, labelRunId: string): Promise<readonly ClassPrecision[]> {
    const state = await this.#states.of(projectId);
    const run = await state.labelRun(labelRunId);
    const lines = await state.lines(run, await state.settings());
    const checked = await precisionsOf(state.project, labelRunId, lines);
    const looked = new Set(checked.map(({ classId }) => classId));
    const others = lines.filter(({ standing }) => !looked.has(standing.ranking.classId));
    return [...checked, ...(await heldOutPrecisions(state.project, run, others))];
  }

  async drawSpotCheck(projectId: string, labelRunId: string, classId: number, count: number): Promise<SpotCheckDraw> {
    const { project } = await this.#states.of(projectId);
    return await drawSpotCheck(project, labelRunId, await this.#line(projectId, labelRunId, classId), count);
  }

  async answerSpotCheck(
    projectId: string,
    labelRunId: string,
    classId: number,
    answer: SpotCheckAnswer,
  ): Promise<PrecisionAtK> {
    const { project } = await this.#states.of(projectId);
    await saveSpotCheck(project.database, labelRunId, classId, answer);
    const { imageId, otherClassId } = answer;
    if (otherClassId !== null) await decideOfImage(project.database, 'label', otherClassId, imageId);
    return await this.#checked(projectId, labelRunId, classId, otherClassId !== null);
  }

  async takeBackSpotCheck(
    projectId: string,
    labelRunId: string,
    classId: number,
    imageId: number,
  ): Promise<PrecisionAtK> {
    const { project } = await this.#states.of(projectId);
    const labelled = await removeSpotCheck(project.database, labelRunId, classId, imageId);
    if (labelled !== null) await decideOfImage(project.database, 'clearLabel', labelled, imageId);
    return await this.#checked(projectId, labelRunId, classId, labelled !== null);
  }

  async #checked(projectId: string, labelRunId: string, classId: number, decided: boolean): Promise<PrecisionAtK> {
    this.#context.events.tell({ kind: 'projectChanged', projectId, part: 'spotChecks' });
    if (decided) this.#context.events.tell({ kind: 'projectChanged', projectId, part: 'decisions' });
    return await this.precision(projectId, labelRunId, classId);
  }

  async changes(
    projectId: string,
    beforeRunId: string,
    afterRunId: string,
    classId: number,
    page: Page,
    only?: RankChange,
  ): Promise<RankChanges> {
    const before = await this.#line(projectId, beforeRunId, classId);
    const after = await this.#line(projectId, afterRunId, classId);
    return rankChanges(before, after, page, only);
  }

  async imageDetail(projectId: string, imageId: number): Promise<ImageDetail> {
    const state = await this.#states.of(projectId);
    const runs = await labelRunInfos(state);
    return await imageDetail(state.project, imageId, runs, await this.#duplicates.copiesOf(state.project, imageId));
  }

  async #line(projectId: string, labelRunId: string, classId: number): Promise<ClassLine> {
    const state = await this.#states.of(projectId);
    return await state.line(await state.labelRun(labelRunId), classId, await state.settings());
  }
}

async function decideOfImage(database: Database, kind: DecisionKind, classId: number, imageId: number): Promise<void> {
  await decideOf(database, [imageId], { kind, classId });
}

async function labelRunInfos(state: RanksState): Promise<LabelRunInfo[]> {
  const titles = titlesOf(await readRuns(state.project));
  const temperatures = await Promise.all((await state.labelRuns()).map((run) => state.showing(run)));
  return (await state.labelRuns()).map((run, index) => ({
    runId: run.id,
    teacherRunId: at(run.parents, 0),
    title: titles.get(run.id) ?? run.id,
    finishedAt: run.finishedAt ?? run.startedAt,
    images: run.metrics.images ?? 0,
    topP: run.metrics.topP ?? 0,
    temperature: at(temperatures, index).temperature ?? null,
  }));
}
