/**
 * What the workbench offers to its doors (HTTP for the browser, the custom protocol for the desktop): one interface per desk.
 * Every call names the project; every refusal is an `ExpectedFailure`.
 */

import type { SourceInput } from '../catalogue/add-source.ts';
import type { RunClasses } from '../catalogue/run-classes.ts';
import type { PlotScheme } from '../experiments/experiment-svg.ts';
import type { StoragePlace } from '../images/storage-place.ts';
import type { SimilarImage } from '../pipeline/similar-images.ts';
import type { Goal } from '../pipeline/stages.ts';
import type { TrainingPoint } from '../training/train-request.ts';
import type {
  CollectionSummary,
  DuplicateWindow,
  FileProblemWindow,
  ImageQuery,
  ImageWindow,
  ManifestColumns,
  ManifestLook,
} from './contract/collection.ts';
import type {
  ChangedImageWindow,
  ClassifiedImageInfo,
  ComparisonPair,
  SelectionChange,
  WhatChanged,
  WorkAgain,
} from './contract/corrections.ts';
import type {
  DecisionHistory,
  DecisionMade,
  DecisionRequest,
  LabellingOrder,
  LabellingQueue,
} from './contract/decisions.ts';
import type { DevicesView } from './contract/devices.ts';
import type { WorkbenchEvent } from './contract/events.ts';
import type {
  AskedExperiment,
  ExperimentLook,
  ExperimentResults,
  ExperimentsView,
  ResultFile,
} from './contract/experiments.ts';
import type { Job, JobAction, JobLogLine } from './contract/jobs.ts';
import type { ModelsView, RemoteFile } from './contract/models.ts';
import type { FolderInside, FolderListing, ProjectKind, ProjectRef, StartInfo } from './contract/projects.ts';
import type {
  Balance,
  ClassPrecision,
  ImageDetail,
  PrecisionAtK,
  RankChange,
  RankChanges,
  RanksOverview,
  RankWindow,
  ScoreCurve,
  SelectionSettings,
  SettingsChange,
  SpotCheckAnswer,
  SpotCheckDraw,
} from './contract/ranks.ts';
import type {
  BringChoice,
  ClassificationWindow,
  EffortName,
  EffortsView,
  Estimate,
  EvaluatedImageWindow,
  EvaluationQuery,
  EvaluationView,
  ExportFormat,
  FileLook,
  ImageUse,
  LineageNode,
  ListedClassification,
  RecipeView,
  RunDeletion,
  RunImageWindow,
  RunInfo,
} from './contract/runs.ts';

export interface Page {
  readonly offset: number;
  readonly limit: number;
}

export interface ProjectsDesk {
  start(): Promise<StartInfo>;
  create(folder: string, name: string | undefined, kind?: ProjectKind): Promise<ProjectRef>;
  open(folder: string): Promise<ProjectRef>;
  /** A project with this id that is open, or was opened recently and can be opened again. */
  find(projectId: string): Promise<ProjectRef>;
  close(projectId: string): Promise<void>;
  forget(folder: string): Promise<void>;
  /**
   * The demo's collection with its finished runs, in the projects folder. `ready`: it can be viewed while the job, null once
   * everything is there, still draws images.
   */
  openSample(): Promise<{ readonly project: ProjectRef; readonly job: Job | null; readonly ready: boolean }>;
  listFolder(folder: string | undefined): Promise<FolderListing>;
  /** Counts what is in each of its sub-folders. */
  insides(folder: string): Promise<readonly FolderInside[]>;
  makeFolder(folder: string): Promise<FolderListing>;
}

export interface JobsDesk {
  list(): readonly Job[];
  log(jobId: string): readonly JobLogLine[];
  act(jobId: string, action: JobAction): Promise<Job>;
  forgetEnded(): Promise<void>;
}

export interface CollectionDesk {
  /** Throws `SourceUnknown`. */
  requireSource(projectId: string, sourceId: number): Promise<void>;
  /** For any class that ever existed, merged or not. Throws `ClassUnknown`. */
  requireClass(projectId: string, classId: number): Promise<void>;
  summary(projectId: string): Promise<CollectionSummary>;
  /**
   * A folder, an archive, a list or a place in object storage; `columns`: the meaning of a list's columns, if their names
   * do not show it; `storage`: where the storage answers, if that was not said before. Throws `WrongUsage`.
   */
  addSource(
    projectId: string,
    source: SourceInput & {
      readonly columns?: ManifestColumns | undefined;
      readonly storage?: StoragePlace | undefined;
    },
  ): Promise<Job>;
  /** The detected meaning of a list's columns, with its first rows. Throws `TableUnreadable`. */
  lookAtList(projectId: string, file: string): Promise<ManifestLook>;
  rescanSource(projectId: string, sourceId: number): Promise<Job>;
  /** The same images in a new place, such as a disk that was mounted elsewhere. */
  moveSource(projectId: string, sourceId: number, folder: string): Promise<Job>;
  removeSource(projectId: string, sourceId: number): Promise<void>;
  images(projectId: string, query: ImageQuery, page: Page): Promise<ImageWindow>;
  problems(projectId: string, page: Page): Promise<FileProblemWindow>;
  duplicates(projectId: string, page: Page): Promise<DuplicateWindow>;
  createClass(projectId: string, name: string): Promise<{ readonly id: number }>;
  changeClass(
    projectId: string,
    classId: number,
    change: {
      readonly name?: string | undefined;
      readonly colour?: string | undefined;
      readonly key?: string | null | undefined;
    },
  ): Promise<void>;
  /** All images of the class move to `intoClassId`; the class disappears. Can be undone. */
  mergeClass(projectId: string, classId: number, intoClassId: number): Promise<void>;
}

export interface DecisionsDesk {
  decide(projectId: string, request: DecisionRequest): Promise<DecisionMade>;
  /** This act, or by default the newest that has not been undone. */
  undo(projectId: string, actionId?: number): Promise<DecisionHistory>;
  redo(projectId: string): Promise<DecisionHistory>;
  history(projectId: string): Promise<DecisionHistory>;
  /** If a class is given, only images that the teacher assigns to it. */
  labellingQueue(
    projectId: string,
    order: LabellingOrder,
    limit: number,
    seed: number,
    classId?: number,
  ): Promise<LabellingQueue>;
}

export interface RanksDesk {
  overview(projectId: string): Promise<RanksOverview>;
  changeSettings(projectId: string, change: SettingsChange): Promise<SelectionSettings>;
  /** With the project's settings, or with others as a preview. */
  balance(projectId: string, labelRunId: string, change: SettingsChange): Promise<Balance>;
  window(
    projectId: string,
    labelRunId: string,
    classId: number,
    page: Page,
    change: SettingsChange,
    /** Another labelling, whose ranks are given for comparison. */
    besideRunId?: string,
  ): Promise<RankWindow>;
  scoreCurve(projectId: string, labelRunId: string, classId: number): Promise<ScoreCurve>;
  /** The rank of an image in a class; null if it is not ranked there. */
  rankOf(projectId: string, labelRunId: string, classId: number, imageId: number): Promise<number | null>;
  precision(projectId: string, labelRunId: string, classId: number): Promise<PrecisionAtK>;
  /** For every class with spot-checks or with evidence from held-out images. */
  precisions(projectId: string, labelRunId: string): Promise<readonly ClassPrecision[]>;
  drawSpotCheck(projectId: string, labelRunId: string, classId: number, count: number): Promise<SpotCheckDraw>;
  answerSpotCheck(
    projectId: string,
    labelRunId: string,
    classId: number,
    answer: SpotCheckAnswer,
  ): Promise<PrecisionAtK>;
  /** Withdraws the answer, and the label that it gave. */
  takeBackSpotCheck(projectId: string, labelRunId: string, classId: number, imageId: number): Promise<PrecisionAtK>;
  changes(
    projectId: string,
    beforeRunId: string,
    afterRunId: string,
    classId: number,
    page: Page,
    /** Only of one kind. */
    only?: RankChange,
  ): Promise<RankChanges>;
  imageDetail(projectId: string, imageId: number): Promise<ImageDetail>;
}

export interface RunsDesk {
  /** Throws `NotFound` if there is no such run. */
  require(projectId: string, runId: string): Promise<void>;
  list(projectId: string): Promise<readonly RunInfo[]>;
  curve(projectId: string, runId: string): Promise<readonly TrainingPoint[]>;
  /** The classes of its network's outputs, in order. */
  classes(projectId: string, runId: string): Promise<RunClasses>;
  lineage(projectId: string, runId: string): Promise<readonly LineageNode[]>;
  /** The images that a run used, for one use. */
  images(projectId: string, runId: string, use: ImageUse, page: Page): Promise<RunImageWindow>;
  /** A recipe by name, or the project's own; with single values changed. */
  recipe(projectId: string, name: string | undefined, set: readonly string[]): Promise<RecipeView>;
  estimate(projectId: string, goal: Goal, name: string | undefined, set: readonly string[]): Promise<Estimate>;
  run(projectId: string, goal: Goal, name: string | undefined, set: readonly string[]): Promise<Job>;
  /** The file of the eyes with which a teacher can learn within moments; null if none were brought. */
  learning(projectId: string): Promise<{ readonly eyes: string | null }>;
  /** Trains the classifier over the eyes' features on the current labels, and ranks all images again. Throws `NoEyes`. */
  learn(projectId: string): Promise<Job>;
  /** Measures in the background what has not been measured yet. */
  efforts(projectId: string): Promise<EffortsView>;
  /** The whole method at a measured effort. */
  runEffort(projectId: string, effort: EffortName): Promise<Job>;
  /** What a file from elsewhere is, and what the project can use it for. */
  lookAtFile(projectId: string, file: string): Promise<FileLook>;
  /** Brings a file as eyes, as a teacher, or as starting weights; by default as what it can be. */
  importTeacher(projectId: string, file: string, choice?: BringChoice): Promise<Job>;
  /** Makes this finished teacher the recipe's, until another is trained, brought or chosen. */
  useTeacher(projectId: string, runId: string): Promise<void>;
  /** Saves what a stopped training has learnt as a finished run. Throws `NothingToKeep`, or `WrongUsage` while it runs. */
  keep(projectId: string, runId: string): Promise<{ readonly runId: string }>;
  deletion(projectId: string, runId: string): Promise<RunDeletion>;
  /**
   * `agreed`: the dependent runs whose deletion was confirmed. Throws `OthersBuildOnIt`, or `WrongUsage` while work may need
   * it.
   */
  delete(projectId: string, runId: string, agreed: readonly string[]): Promise<void>;
  /** Trains a finished run's model further, for more images. */
  extend(projectId: string, runId: string, images: number): Promise<Job>;
  evaluations(projectId: string): Promise<readonly { readonly runId: string; readonly finishedAt: string }[]>;
  evaluation(projectId: string, runId: string): Promise<EvaluationView>;
  evaluatedImages(projectId: string, runId: string, query: EvaluationQuery, page: Page): Promise<EvaluatedImageWindow>;
}

/** What corrected labels require and change. */
export interface CorrectionsDesk {
  /** The work that learning from the current labels would repeat. */
  again(projectId: string): Promise<WorkAgain>;
  /** Throws `NothingToHoldAgainst` unless there are two comparisons. */
  changes(projectId: string, pair: ComparisonPair): Promise<WhatChanged>;
  /** Images that entered the selection between the two, or left it. */
  changedImages(
    projectId: string,
    pair: ComparisonPair,
    change: SelectionChange,
    classId: number | undefined,
    page: Page,
  ): Promise<ChangedImageWindow>;
  classifiedImage(projectId: string, classificationId: string, place: number): Promise<ClassifiedImageInfo>;
}

export interface UseDesk {
  classifyFolder(projectId: string, runId: string, folder: string): Promise<Job>;
  /** Images dropped into the window: kept in the project's cache until the next drop. */
  classifyImages(
    projectId: string,
    runId: string,
    images: readonly { readonly name: string; readonly bytes: Uint8Array }[],
  ): Promise<Job>;
  classifications(projectId: string): Promise<readonly ListedClassification[]>;
  classification(projectId: string, id: string, page: Page): Promise<ClassificationWindow>;
  /** Into a folder that is not inside a source; the file's name is made from the project and the run. */
  exportRun(projectId: string, runId: string, format: ExportFormat, folder: string): Promise<Job>;
}

export interface PicturesDesk {
  /** A JPEG of the image, its long side at most `longSidePx`. `version` identifies the file's version: an ETag. */
  thumbnail(
    projectId: string,
    imageId: number,
    longSidePx: number,
    signal: AbortSignal,
  ): Promise<{ readonly picture: Uint8Array; readonly version: string }>;
  /** For a clip, an animated WebP of some of its frames. Throws `NotFound` for a picture. */
  movingThumbnail(
    projectId: string,
    imageId: number,
    longSidePx: number,
    signal: AbortSignal,
  ): Promise<{ readonly picture: Uint8Array; readonly version: string }>;
  /**
   * Makes pictures that will soon be wanted, while no request waits; stops when `signal` aborts. Resolves to the number that
   * are ready.
   */
  thumbnailsAhead(
    projectId: string,
    imageIds: readonly number[],
    longSidePx: number,
    signal: AbortSignal,
  ): Promise<{ readonly ready: number }>;
  /** A PNG of exactly the pixels that a network of the project's recipe sees. */
  networkView(projectId: string, imageId: number, signal: AbortSignal): Promise<Uint8Array>;
  /** The images most similar to an image by a brought network's features, the most similar first. */
  similarImages(projectId: string, imageId: number, count: number): Promise<readonly SimilarImage[]>;
  /** The same for a picture from outside, which is not stored. */
  similarToPicture(
    projectId: string,
    picture: { readonly name: string; readonly bytes: Uint8Array },
    count: number,
    signal: AbortSignal,
  ): Promise<readonly SimilarImage[]>;
  /** One of the pictures that the start page shows of a project, which need not be open. */
  facePicture(projectId: string, place: number, signal: AbortSignal): Promise<Uint8Array>;
  /** For an image file anywhere, when choosing its folder. */
  filePicture(file: string, signal: AbortSignal): Promise<Uint8Array>;
  classifiedThumbnail(
    projectId: string,
    classificationId: string,
    place: number,
    signal: AbortSignal,
  ): Promise<Uint8Array>;
}

/** Model files that all projects share, and where to find a first one. */
export interface ModelsDesk {
  list(): Promise<ModelsView>;
  /** Makes this the shared folder from now on. */
  choose(folder: string): Promise<ModelsView>;
  /** Asks the server of an address what it would send. */
  lookAt(address: string, signal: AbortSignal): Promise<RemoteFile>;
  /** Into the shared folder; the job belongs to the project that requested it. */
  download(projectId: string, address: string): Promise<Job>;
}

/** A recipe as pages request it: a built-in one by name or the project's own, with single values changed. */
export interface AskedRecipe {
  readonly recipe?: string | undefined;
  readonly set: readonly string[];
}

/** The paper's study, and custom grids. If `seeds` is undefined, as many as the file says, or the default number. */
export interface ExperimentsDesk {
  list(projectId: string, asked: AskedRecipe): Promise<ExperimentsView>;
  estimate(
    projectId: string,
    asked: AskedRecipe,
    experiment: AskedExperiment,
    seeds: number | undefined,
  ): Promise<ExperimentLook>;
  start(projectId: string, asked: AskedRecipe, experiment: AskedExperiment, seeds: number | undefined): Promise<Job>;
  /** Also while it is running; null if nothing has been judged yet. */
  results(projectId: string, name: string): Promise<ExperimentResults | null>;
  /** An SVG. */
  plot(projectId: string, name: string, scheme: PlotScheme): Promise<string>;
  file(projectId: string, name: string, file: ResultFile): Promise<Uint8Array>;
}

export interface DevicesDesk {
  view(projectId: string | undefined): Promise<DevicesView>;
  examine(): Promise<Job>;
}

export interface EventsDesk {
  /** Calls `listener` until `signal` aborts. */
  listen(listener: (event: WorkbenchEvent) => void, signal: AbortSignal): void;
}

export interface Workbench {
  readonly projects: ProjectsDesk;
  readonly jobs: JobsDesk;
  readonly collection: CollectionDesk;
  readonly decisions: DecisionsDesk;
  readonly ranks: RanksDesk;
  readonly runs: RunsDesk;
  readonly corrections: CorrectionsDesk;
  readonly experiments: ExperimentsDesk;
  readonly use: UseDesk;
  readonly pictures: PicturesDesk;
  readonly devices: DevicesDesk;
  readonly models: ModelsDesk;
  readonly events: EventsDesk;
  /** Stops running work at its next checkpoint and closes the projects. */
  close(): Promise<void>;
}
