/**
 * Everything that the ranks of one project are shown with: settings, decisions, the guards' findings, and the rankings combined
 * with them. Derived from the catalogue, and dropped when a change of the project is reported.
 */
import { at } from '../../at.ts';
import { heldOutScores, spotCheckedScores } from '../../catalogue/checked-scores.ts';
import { readClasses } from '../../catalogue/classes.ts';
import { type PairList, readDecisions } from '../../catalogue/decisions.ts';
import { countUsedClasses, unlabelledAmong } from '../../catalogue/images/usable-images.ts';
import { poolOf } from '../../catalogue/pool.ts';
import type { Project } from '../../catalogue/project.ts';
import { loadRunClasses } from '../../catalogue/run-classes.ts';
import type { Floors } from '../../catalogue/selection.ts';
import { type ChosenSettings, readChosenSettings } from '../../catalogue/selection-settings.ts';
import type { ComparedImages } from '../../images/repeats.ts';
import { lastRecipe } from '../../pipeline/kept-recipe.ts';
import {
  type ClassFloor,
  classFloors,
  type Evidence,
  floorsFor,
  KByCurve,
  precisionCurve,
} from '../../pipeline/precision-curve.ts';
import type { Recipe } from '../../pipeline/recipe-schema.ts';
import { suggestedK, suggestedSelectionTopP } from '../../pipeline/resolve-recipe.ts';
import type { RunRecord } from '../../pipeline/run-record.ts';
import { readRuns } from '../../pipeline/runs.ts';
import type { KByPrecision, SelectionSettings, SettingsChange } from '../contract/ranks.ts';
import { NotFound } from '../failures.ts';
import type { RankingCache } from './class-ranking.ts';
import {
  balancedCut,
  type Cut,
  downToFloor,
  type Standing,
  type StandingRanking,
  standingRanking,
  unbalancedCuts,
} from './k-line.ts';
import { comparedImages, type SetAsideImages } from './set-aside-images.ts';
import { type Showing, showingOf } from './shown-scores.ts';

export interface ClassLine {
  readonly standing: StandingRanking;
  readonly cut: Cut;
  /** The seed of the random order. */
  readonly seed: number;
}

const NO_ANSWERS = { classIds: new Int32Array(), scores: new Float32Array(), right: new Int32Array() } as const;
const NO_CUT: Cut = { lastPlace: -1, lastKey: null, counted: 0 };

/** A value computed on first use. */
class Kept<Value> {
  readonly #work: () => Promise<Value>;
  #value: Promise<Value> | undefined;

  constructor(work: () => Promise<Value>) {
    this.#work = work;
  }

  get(): Promise<Value> {
    this.#value ??= this.#work().catch((error: unknown) => {
      this.#value = undefined;
      throw error;
    });
    return this.#value;
  }

  drop(): void {
    this.#value = undefined;
  }
}

export class RanksState {
  readonly project: Project;
  readonly #rankings: RankingCache;
  readonly #setAside: SetAsideImages;
  readonly #runs = new Kept(() => this.#readLabelRuns());
  readonly #recipe = new Kept(() => lastRecipe(this.project));
  readonly #chosen = new Kept(() => readChosenSettings(this.project.database));
  readonly #suggested = new Kept(() => this.#suggest());
  readonly #decided = new Kept(() => readStanding(this.project));
  readonly #compared = new Map<string, Promise<ComparedImages | undefined>>();
  readonly #showings = new Map<string, Promise<Showing>>();
  readonly #standing = new Map<string, Promise<StandingRanking>>();
  readonly #all = new Map<string, Promise<readonly StandingRanking[]>>();
  readonly #evidence = new Map<string, Promise<Evidence>>();
  readonly #byCurve = new Map<string, Promise<KByPrecision | null>>();

  constructor(project: Project, rankings: RankingCache, setAside: SetAsideImages) {
    this.project = project;
    this.#rankings = rankings;
    this.#setAside = setAside;
  }

  /** Drops what the change may affect; rankings themselves never change. */
  changed(part: string): void {
    this.#standing.clear();
    this.#all.clear();
    this.#evidence.clear();
    this.#byCurve.clear();
    if (part === 'spotChecks') return;
    this.#decided.drop();
    if (part === 'decisions') return;
    this.#chosen.drop();
    this.#suggested.drop();
    if (part === 'selection') return;
    this.#runs.drop();
    this.#recipe.drop();
    this.#compared.clear();
    this.#showings.clear();
  }

  /** Finished labellings, the newest first. */
  async labelRuns(): Promise<readonly RunRecord[]> {
    return await this.#runs.get();
  }

  /** Throws `NotFound`. */
  async labelRun(runId: string): Promise<RunRecord> {
    const run = (await this.labelRuns()).find(({ id }) => id === runId);
    if (run) return run;
    throw new NotFound(`There is no finished labelling ${runId} in this project: choose another one.`);
  }

  async recipe(): Promise<Recipe> {
    return await this.#recipe.get();
  }

  async suggested(): Promise<{ readonly k: number; readonly because: string; readonly topP: number }> {
    return await this.#suggested.get();
  }

  /** The settings of the next selection, with some values changed. */
  async settings(change: SettingsChange = {}): Promise<SelectionSettings> {
    const [recipe, chosen, suggested] = await Promise.all([this.recipe(), this.#chosen.get(), this.suggested()]);
    const { select, label } = recipe;
    const known: ChosenSettings = { ...chosen, ...definedOf(change) };
    return {
      k: known.k ?? (typeof select.k === 'number' ? select.k : suggested.k),
      topP: known.topP ?? select.topP ?? (label.topP === 'auto' ? suggested.topP : label.topP),
      order: known.order ?? select.order,
      balanced: known.balanced ?? select.balanced,
      leakGuard: known.leakGuard ?? select.leakGuard,
      nearDuplicateGuard: known.nearDuplicateGuard ?? select.nearDuplicateGuard,
      precision: known.precision === undefined ? (select.precision ?? null) : known.precision,
    };
  }

  /** A class's ranking with its line. */
  async line(run: RunRecord, classId: number, settings: SelectionSettings): Promise<ClassLine> {
    const { seed } = await this.recipe();
    if (settings.balanced) {
      const floors = await this.#floors(run, settings);
      const standing = downToFloor(await this.#ofClass(run, classId, settings), floors);
      return { standing, cut: balancedCut(standing, settings, seed), seed };
    }
    const lines = await this.lines(run, settings);
    const line = lines.find(({ standing }) => standing.ranking.classId === classId);
    if (line) return line;
    const standing = await this.#ofClass(run, classId, settings);
    return { standing, cut: NO_CUT, seed };
  }

  /** For all of the run's classes that still exist, by id. */
  async lines(run: RunRecord, settings: SelectionSettings): Promise<readonly ClassLine[]> {
    const { seed } = await this.recipe();
    const floors = await this.#floors(run, settings);
    const ofAll = await this.#ofAll(run, settings);
    const all = floors ? ofAll.map((standing) => downToFloor(standing, floors)) : ofAll;
    const cuts = settings.balanced
      ? all.map((standing) => balancedCut(standing, settings, seed))
      : unbalancedCuts(all, settings, seed);
    return all.map((standing, index) => ({
      standing,
      cut: at(cuts, index),
      seed,
    }));
  }

  async standing(run: RunRecord, settings: SelectionSettings): Promise<Standing> {
    const [decided, setAside, { select, seed }] = await Promise.all([
      this.#decided.get(),
      this.compared(run).then((compared) => this.#setAside.of(this.project, compared, settings)),
      this.recipe(),
    ]);
    return { ...decided, setAside, mayBeChosen: poolOf(select.share ?? 1, seed) };
  }

  /** For the classes of which enough is known; undefined if no precision is wanted. */
  async floorsBy(
    run: RunRecord,
    { precision }: SelectionSettings,
  ): Promise<ReadonlyMap<number, ClassFloor> | undefined> {
    if (precision === null) return undefined;
    const { classIds } = await loadRunClasses(this.project, run.id);
    return classFloors(classIds, precision, await this.#evidenceOf(run));
  }

  /** The K of the precision curve, as a selection would find it; null if too little is known. */
  async kByCurve(run: RunRecord, settings: SelectionSettings): Promise<KByPrecision | null> {
    return await once(this.#byCurve, keyOf(run, settings), async () => {
      const curve = precisionCurve(await this.#evidenceOf(run));
      if (!curve) return null;
      const ranks = new KByCurve(curve, (await this.suggested()).k);
      for (const { ranking, counting } of await this.#ofAll(run, settings)) {
        ranks.add(Float32Array.from(counting, (place) => ranking.scores[place] as number));
      }
      return { k: ranks.k, by: curve.by, answers: curve.answers };
    });
  }

  async #floors(run: RunRecord, settings: SelectionSettings): Promise<Floors | undefined> {
    const floors = await this.floorsBy(run, settings);
    return floors && floorsFor(floors, settings.k);
  }

  /** The held-out images, as the newest selection of this labelling judged them. */
  async #evidenceOf(run: RunRecord): Promise<Evidence> {
    return await once(this.#evidence, run.id, async () => {
      let heldOut: Evidence['heldOut'] | undefined;
      const selections = (await readRuns(this.project)).filter(
        ({ stage, parents }) => stage === 'select' && parents.includes(run.id),
      );
      for (const { id } of selections.reverse()) heldOut ??= await heldOutScores(this.project, id);
      return { spotChecks: await spotCheckedScores(this.project, run.id), heldOut: heldOut ?? NO_ANSWERS };
    });
  }

  async compared(run: RunRecord): Promise<ComparedImages | undefined> {
    return await once(this.#compared, run.id, () => comparedImages(this.project, run));
  }

  /** How the scores of a labelling are displayed. */
  async showing(run: RunRecord): Promise<Showing> {
    return await once(this.#showings, run.id, () => showingOf(this.project, run));
  }

  async #ofClass(run: RunRecord, classId: number, settings: SelectionSettings): Promise<StandingRanking> {
    return await once(this.#standing, `${classId} ${keyOf(run, settings)}`, async () => {
      const ranking = await this.#rankings.ofClass(this.project, run.id, classId, topPOf(run, settings));
      return standingRanking(ranking, await this.standing(run, settings), settings.balanced);
    });
  }

  async #ofAll(run: RunRecord, settings: SelectionSettings): Promise<readonly StandingRanking[]> {
    return await once(this.#all, keyOf(run, settings), async () => {
      const { classIds } = await loadRunClasses(this.project, run.id);
      const present = new Set((await readClasses(this.project.database)).map(({ id }) => id));
      const shown = classIds.filter((id) => present.has(id));
      const all: StandingRanking[] = [];
      // One after the other, so that each is read and sorted at once.
      for (const classId of shown) all.push(await this.#ofClass(run, classId, settings));
      return all;
    });
  }

  async #readLabelRuns(): Promise<readonly RunRecord[]> {
    const runs = await readRuns(this.project);
    return runs.filter(({ stage, state }) => stage === 'label' && state === 'succeeded').reverse();
  }

  /** Counts as `resolveRecipe` does. */
  async #suggest() {
    const { share = 1 } = (await this.recipe()).select;
    const unlabelled = Math.ceil(share * (await this.project.catalogue.countUnlabelled()));
    const classes = await countUsedClasses(this.project.database);
    const several = (await this.project.catalogue.labelSetting()) === 'several';
    const facts = { unlabelled, classes, ...(several && { several: true as const }) };
    return { ...suggestedK(facts), topP: suggestedSelectionTopP(facts) };
  }
}

/** P when viewing a run: no image has more classes than the run kept. */
export function topPOf({ metrics }: RunRecord, { topP }: Pick<SelectionSettings, 'topP'>): number {
  return Math.min(topP, metrics.topP ?? topP);
}

function keyOf(run: RunRecord, settings: SelectionSettings): string {
  const { balanced, leakGuard, nearDuplicateGuard } = settings;
  return [run.id, topPOf(run, settings), balanced, leakGuard, nearDuplicateGuard].join(' ');
}

async function readStanding({ database }: Project): Promise<Omit<Standing, 'setAside' | 'mayBeChosen'>> {
  const { vetoes, pins, labels } = await readDecisions(database);
  const unlabelled = new Set(await unlabelledAmong(database, pins.imageIds));
  return {
    vetoes: byClass(vetoes),
    pins: byClass(pins),
    selectablePins: byClass(pins, (imageId) => unlabelled.has(imageId)),
    labels: new Map(Array.from(labels.imageIds, (imageId, place) => [imageId, at(labels.classIds, place)])),
  };
}

function byClass({ imageIds, classIds }: PairList, counts: (imageId: number) => boolean = () => true) {
  const sets = new Map<number, Set<number>>();
  imageIds.forEach((imageId, place) => {
    if (!counts(imageId)) return;
    const classId = at(classIds, place);
    const known = sets.get(classId);
    if (known) known.add(imageId);
    else sets.set(classId, new Set([imageId]));
  });
  return sets;
}

function definedOf(change: SettingsChange): SettingsChange {
  return Object.fromEntries(Object.entries(change).filter(([, value]) => value !== undefined));
}

/** The value under a key, computed once; a failure is not kept. */
async function once<Value>(kept: Map<string, Promise<Value>>, key: string, work: () => Promise<Value>): Promise<Value> {
  const known = kept.get(key);
  if (known) return await known;
  const pending = work();
  kept.set(key, pending);
  try {
    return await pending;
  } catch (error) {
    if (kept.get(key) === pending) kept.delete(key);
    throw error;
  }
}
