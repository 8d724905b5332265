/**
 * Combines the scores of several labellings, in SQL over their score partitions: the partitions look the same whether
 * they come from networks, feature extractors or a table from elsewhere. An image that a labelling has no score for
 * counts as unknown there, not as wrong.
 */
import type { Database } from './database.ts';
import type { Project } from './project.ts';
import type { StoredScores } from './score-store.ts';

/**
 * mean: of the probabilities. agreement: only images for which all labellings have the same top class, scored for that
 * class by the mean. ranks: an image's rank in a class is the worst that any labelling gives it (so differences in rank
 * count against it); its score is the share of images that do not rank above it. This also combines scores that are not
 * probabilities.
 */
export const combinations = ['mean', 'agreement', 'ranks'] as const;
export type Combination = (typeof combinations)[number];

export interface CombinedQuery {
  /** The ids of the labelling runs. */
  readonly labels: readonly string[];
  readonly how: Combination;
  readonly topP: number;
}

/** Calls `work` with a function that returns the combined scores of given images (sorted ids), best class first. */
export async function withCombinedScores<T>(
  project: Project,
  { labels, how, topP }: CombinedQuery,
  work: (scoresOf: (imageIds: Int32Array) => Promise<StoredScores>) => Promise<T>,
): Promise<T> {
  const tables: string[] = [];
  for (const run of labels) tables.push(await project.scores.table(run));
  const { database } = project;
  return await database.isolated(async () => {
    const said = tables
      .map(
        (table, member) => `SELECT ${member} AS member, image_id, class_id, probability, rank_in_image FROM ${table}`,
      )
      .join(' UNION ALL ');
    await database.run(
      `CREATE OR REPLACE TEMP TABLE combined AS
       WITH said AS (${said}), scored AS (${SCORED[how](labels.length)}),
       placed AS (
         SELECT *, row_number() OVER (PARTITION BY image_id ORDER BY score DESC, class_id) AS place FROM scored
       )
       SELECT image_id, class_id::INTEGER AS class_id, score::FLOAT AS score, place::INTEGER AS place FROM placed
       WHERE place <= ${topP} ORDER BY image_id, place`,
    );
    try {
      return await work((imageIds) => scoresOf(database, imageIds));
    } finally {
      await database.run('DROP TABLE IF EXISTS combined').catch(() => {});
    }
  });
}

/** SQL for image_id, class_id, score, given the number of labellings. */
const SCORED: Readonly<Record<Combination, (members: number) => string>> = {
  mean: () =>
    `SELECT image_id, class_id, sum(probability) / any_value(speakers) AS score
     FROM said JOIN (SELECT image_id, count(DISTINCT member) AS speakers FROM said GROUP BY image_id) USING (image_id)
     GROUP BY image_id, class_id`,
  agreement: (members) =>
    `SELECT image_id, class_id, avg(probability) AS score FROM said WHERE rank_in_image = 1
     GROUP BY image_id, class_id HAVING count(*) = ${members}`,
  ranks: (members) =>
    `SELECT image_id, class_id, min(share) AS score FROM (
       SELECT image_id, class_id, 1 - (row_number() OVER (PARTITION BY member, class_id ORDER BY probability DESC, image_id) - 1)
         / (SELECT count(DISTINCT image_id) FROM said) AS share
       FROM said
     ) GROUP BY image_id, class_id HAVING count(*) = ${members}`,
};

async function scoresOf(database: Database, imageIds: Int32Array): Promise<StoredScores> {
  return await database.withChosen(imageIds, async () => {
    const [image_id, class_id, probability, rank_in_image] = await database.columns(
      [Int32Array, Int32Array, Float32Array, Int32Array],
      `SELECT image_id, class_id, score, place FROM combined JOIN chosen ON chosen.id = image_id ORDER BY image_id, place`,
    );
    return { image_id, class_id, probability, rank_in_image };
  });
}
