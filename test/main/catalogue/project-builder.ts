/** Small real projects for the tests of this room. */
import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createProject, type Project } from '../../../main/catalogue/project.ts';
import type { ImageInput } from '../../../main/catalogue/record-scan.ts';

export function temporaryFolder(): string {
  return mkdtempSync(join(tmpdir(), 'understudy-catalogue-'));
}

export async function newProject(): Promise<Project> {
  return await createProject(join(temporaryFolder(), 'project'));
}

export function image(relativePath: string, changes: Partial<ImageInput> = {}): ImageInput {
  const className = relativePath.includes('/') ? (relativePath.split('/')[0] ?? null) : null;
  return {
    relativePath,
    widthPx: 40,
    heightPx: 30,
    format: 'jpeg',
    bytes: 1000,
    modifiedMs: 1_700_000_000_000.5,
    className,
    fileId: null,
    ...changes,
  };
}

/** One complete scan. */
export async function scan(
  { catalogue }: Project,
  sourceId: number,
  images: readonly ImageInput[],
  problems: readonly { relativePath: string; reason: string }[] = [],
): Promise<void> {
  await catalogue.scan(sourceId, async (record) => {
    await record(images);
    return { problems };
  });
}
