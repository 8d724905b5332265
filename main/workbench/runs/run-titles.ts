/** Titles of runs: made of what a person chose for them; runs with equal titles also get a part of their id. */
import { importedFile } from '../../pipeline/brought-teacher.ts';
import { endedEarlyText } from '../../pipeline/keep-training.ts';
import { networkTitle } from '../../pipeline/network-choice.ts';
import type { ResolvedRecipe } from '../../pipeline/resolve-recipe.ts';
import type { RunRecord } from '../../pipeline/run-record.ts';
import { stages } from '../../pipeline/stages.ts';

/** How much of a run's hash distinguishes it from others with the same title. */
const HASH_SHOWN = 4;

/** By run id; `runs` are all runs of the project, so that parents can be named. */
export function titlesOf(runs: readonly RunRecord[]): ReadonlyMap<string, string> {
  const byId = new Map(runs.map((run) => [run.id, run]));
  const plain = new Map(runs.map((run) => [run.id, plainTitle(run, byId)]));
  const alike = new Map<string, number>();
  const place = ({ id, stage }: RunRecord) => `${stage} ${plain.get(id)}`;
  for (const run of runs) alike.set(place(run), (alike.get(place(run)) ?? 0) + 1);
  return new Map(
    runs.map((run) => {
      const title = plain.get(run.id) ?? run.id;
      const hash = run.id.slice(run.stage.length + 1, run.stage.length + 1 + HASH_SHOWN);
      return [run.id, (alike.get(place(run)) ?? 0) > 1 && title !== run.id ? `${title} (${hash})` : title];
    }),
  );
}

type Runs = ReadonlyMap<string, RunRecord>;

function plainTitle(run: RunRecord, runs: Runs): string {
  const recipe = run.recipe as Partial<ResolvedRecipe>;
  const { calledBy, side } = stages[run.stage];
  const file = importedFile(run);
  if (file !== undefined) return `${file}, imported`;
  const early = run.endedEarly ? `, ended early ${endedEarlyText(run)}` : '';
  // Trained further on request: no stage of the method builds on a run of its own stage.
  if (run.parents[0]?.startsWith(`${run.stage}-`))
    return `${parentTitle(run, runs)} + ${length(run, undefined)}${early}`;
  const parts: Readonly<Record<(typeof calledBy)[number], () => string>> = {
    network: () => networkTitle(recipe[side]),
    length: () => length(run, plannedImages(run)),
    parent: () => parentTitle(run, runs),
    topP: () => `P = ${run.metrics.topP ?? recipe.label?.topP}`,
    k: () => `K = ${counted(run.metrics.k ?? recipe.select?.k)}`,
  };
  return `${calledBy.map((part) => parts[part]()).join(', ') || run.id}${early}`;
}

/** For a run that is not finished; for a stage that the recipe names. */
function plannedImages({ stage, recipe }: RunRecord): number | undefined {
  const section = (recipe as Readonly<Record<string, { readonly training?: { readonly images?: number } }>>)[stage];
  return section?.training?.images;
}

function parentTitle({ parents: [id] }: RunRecord, runs: Runs): string {
  const parent = id === undefined ? undefined : runs.get(id);
  return parent ? plainTitle(parent, runs) : (id ?? '');
}

/** The images it was trained for, fewer than requested if a person ended it early. */
function length({ metrics }: RunRecord, planned: number | undefined): string {
  return `${counted(metrics.imagesProcessed ?? planned)} images`;
}

function counted(number: number | undefined): string {
  return number === undefined ? '…' : number.toLocaleString('en');
}
