/**
 * The precision of the images above a class's line, estimated by checking some of them. They are drawn at random, the same
 * number from each tenth of the ranks above the line, so that both the whole and its parts can be estimated.
 */
import { at } from '../../at.ts';
import { spotChecks, spotChecksOf } from '../../catalogue/labels/spot-checks.ts';
import type { Project } from '../../catalogue/project.ts';
import { CounterRandom } from '../../random.ts';
import { wilsonInterval } from '../../wilson-interval.ts';
import type { ClassPrecision, PrecisionAtK, SpotCheckDraw } from '../contract/ranks.ts';
import { isWithin, placesAbove } from './k-line.ts';
import type { ClassLine } from './ranks-state.ts';

const PARTS = 10;
const PURPOSE = 31;

/**
 * From the checked images above the line. Images that were vetoed or labelled since stay included: the unchecked images are no
 * better for it, and an estimate from the remaining ones would claim that they were.
 */
export async function precisionAt(project: Project, labelRunId: string, line: ClassLine): Promise<PrecisionAtK> {
  const places = placesAbove(line.standing, line.cut, line.seed);
  const answers = answersAbove(line, await spotChecksOf(project.database, labelRunId, line.standing.ranking.classId));
  let before = -1;
  const parts = partsOf(places).map(({ first, last }) => {
    const [after, end] = [before, at(places, last - 1)];
    before = end;
    const checked = answers.filter(({ place }) => after < place && place <= end);
    return {
      firstRank: at(places, first) + 1,
      lastRank: end + 1,
      checked: checked.length,
      correct: checked.filter(({ correct }) => correct).length,
    };
  });
  const checked = parts.reduce((sum, part) => sum + part.checked, 0);
  const correct = parts.reduce((sum, part) => sum + part.correct, 0);
  return {
    k: places.length,
    checked,
    correct,
    precision: checked === 0 ? null : correct / checked,
    interval: checked === 0 ? null : wilsonInterval(correct, checked),
    parts,
  };
}

/** The known precision above the line of each class that has spot-checks. */
export async function precisionsOf(
  project: Project,
  labelRunId: string,
  lines: readonly ClassLine[],
): Promise<ClassPrecision[]> {
  const answers = await spotChecks(project.database, labelRunId);
  return lines.flatMap((line) => {
    const { classId } = line.standing.ranking;
    const checked = answersAbove(line, answers.get(classId) ?? new Map());
    const correct = checked.filter((answer) => answer.correct).length;
    return checked.length === 0 ? [] : [{ classId, by: 'spotChecks', checked: checked.length, correct }];
  });
}

/** The same draw until something is answered. Fewer than `count` if there are no more. */
export async function drawSpotCheck(
  project: Project,
  labelRunId: string,
  line: ClassLine,
  count: number,
): Promise<SpotCheckDraw> {
  const { imageIds, scores, classId } = line.standing.ranking;
  const places = placesAbove(line.standing, line.cut, line.seed);
  const answers = await spotChecksOf(project.database, labelRunId, line.standing.ranking.classId);
  const random = new CounterRandom(classId, PURPOSE);
  const drawn = partsOf(places).map(({ first, last }) => {
    const part = places.slice(first, last);
    random.shuffle(part);
    return part.filter((place) => !answers.has(at(imageIds, place)));
  });
  // One from each part in turn, so that stopping early leaves no part out.
  const order: number[] = [];
  for (let turn = 0; order.length < count && drawn.some((part) => part.length > turn); turn++) {
    for (const part of drawn) {
      const place = part[turn];
      if (place !== undefined && order.length < count) order.push(place);
    }
  }
  return {
    items: order.map((place) => ({ imageId: at(imageIds, place), rank: place + 1, score: at(scores, place) })),
  };
}

function partsOf(places: Int32Array): { readonly first: number; readonly last: number }[] {
  const count = Math.min(PARTS, places.length);
  return Array.from({ length: count }, (_, part) => ({
    first: Math.round((part * places.length) / count),
    last: Math.round(((part + 1) * places.length) / count),
  }));
}

function answersAbove({ standing, cut, seed }: ClassLine, answers: ReadonlyMap<number, boolean>) {
  const found: { readonly place: number; readonly correct: boolean }[] = [];
  if (answers.size === 0) return found;
  const { imageIds } = standing.ranking;
  for (let place = 0; place <= cut.lastPlace; place++) {
    const correct = answers.get(at(imageIds, place));
    if (correct !== undefined && isWithin(standing, cut, place, seed)) found.push({ place, correct });
  }
  return found;
}
