import { expect, it } from 'vitest';
import { CONTRADICTED_IMAGES, COUNTED_IMAGES, REPEATED_IMAGES } from '../../../main/catalogue/counted-images.ts';
import { newProject } from './project-builder.ts';

const IMAGES = 20_000;

it('finds what counts by joins on equal keys: none compares every image with every row of another table', async () => {
  const project = await newProject();
  const { database, catalogue } = project;
  const sourceId = await catalogue.addSource({
    kind: 'labelled',
    folder: project.path('..', 'images'),
    split: 'train',
  });
  await database.run(
    `INSERT INTO images (id, source_id, relative_path, width_px, height_px, format, bytes, modified_ms, split)
     SELECT range, ${sourceId}, range || '.png', 8, 8, 'png', 100, 0, 'train' FROM range(${IMAGES})`,
  );
  await database.run(`INSERT INTO same_pictures SELECT range, range - range % 2 FROM range(${IMAGES / 2})`);
  for (const query of [COUNTED_IMAGES, REPEATED_IMAGES, CONTRADICTED_IMAGES]) {
    const rows = await database.rows(`EXPLAIN (FORMAT json) SELECT * FROM ${query}`);
    const plan = rows.map(({ explain_value }) => String(explain_value)).join('\n');
    expect(plan).toContain('HASH_JOIN');
    expect(plan).not.toContain('BLOCKWISE_NL_JOIN');
  }
  const [counted] = await database.rows(`SELECT count(*) AS images FROM ${COUNTED_IMAGES}`);
  expect(Number(counted?.images)).toBe(IMAGES - IMAGES / 4);
  await project.close();
});
