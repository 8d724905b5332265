/**
 * Whether an image of the project may have one class or several. Set before the first image is added, since it decides
 * how the labels of sources are interpreted.
 */
import { ExpectedFailure } from '../failure.ts';
import type { Database } from './database.ts';

export const labelSettings = ['one', 'several'] as const;
export type LabelSetting = (typeof labelSettings)[number];

/** Ends a sentence about an image that has more than one class. */
export const SEVERAL_LABELS_HINT =
  'if images can have several classes, create the project for that (understudy new DIR --several-labels)';

export class LabelSettingFixed extends ExpectedFailure {}

export async function readLabelSetting(database: Database): Promise<LabelSetting> {
  return (await database.number('SELECT count(*) FROM several_labels')) > 0 ? 'several' : 'one';
}

/** Throws `LabelSettingFixed` if the project has images that were read under the other setting. */
export async function chooseLabelSetting(database: Database, wanted: LabelSetting): Promise<void> {
  if ((await readLabelSetting(database)) === wanted) return;
  if ((await database.number('SELECT count(*) FROM sources')) > 0) {
    const now = wanted === 'several' ? 'one class' : 'several classes';
    throw new LabelSettingFixed(
      `The images of this project were read with ${now} each, which cannot be changed: create a new project${wanted === 'several' ? ' (understudy new DIR --several-labels)' : ''} and add its folders and lists there.`,
    );
  }
  await database.run("INSERT OR REPLACE INTO project_settings VALUES ('labels', ?)", [wanted]);
}
