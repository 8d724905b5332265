/**
 * Takes a folder into the catalogue: a labelled one, whose first-level sub-folders are the classes, or an unlabelled one,
 * nested as it is. What cannot be read is listed with its reason and never stops the import.
 */
import { resolve } from 'node:path';
import type { Project } from '../catalogue/project.ts';
import { ExpectedFailure } from '../failure.ts';
import { scanFolder } from '../images/scan.ts';

export interface FolderSource {
  readonly kind: 'labelled' | 'unlabelled';
  readonly folder: string;
  readonly split: 'train' | 'val' | 'test' | null;
}

export interface ImportedFolder {
  readonly images: number;
  /** Images per class; empty for an unlabelled folder. */
  readonly classes: Readonly<Record<string, number>>;
  readonly problems: readonly { readonly relativePath: string; readonly reason: string }[];
}

export class FolderWithoutImages extends ExpectedFailure {}

const ROWS_AT_ONCE = 2048;
type ImageRow = Parameters<Project['catalogue']['recordImages']>[1] extends Iterable<infer Row> ? Row : never;

export async function importFolder(
  project: Project,
  source: FolderSource,
  options: { readonly signal?: AbortSignal; readonly onProgress?: (files: number) => void } = {},
): Promise<ImportedFolder> {
  const { catalogue } = project;
  const folder = resolve(source.folder);
  const classes: Record<string, number> = {};
  const problems: { relativePath: string; reason: string }[] = [];
  let rows: ImageRow[] = [];
  let images = 0;
  let sourceId: number | undefined;
  const store = async () => {
    if (sourceId === undefined) {
      sourceId = await catalogue.addSource({ ...source, folder });
      await catalogue.beginScan();
    }
    await catalogue.recordImages(sourceId, rows);
    rows = [];
  };
  for await (const entry of scanFolder(folder, options.signal ? { signal: options.signal } : {})) {
    options.onProgress?.(images + problems.length + 1);
    if (entry.kind === 'problem') {
      problems.push(entry);
      continue;
    }
    const className = source.kind === 'labelled' ? classOf(entry.relativePath) : null;
    if (className === undefined) {
      const reason = 'lies beside the class folders: move it into the folder of its class';
      problems.push({ relativePath: entry.relativePath, reason });
      continue;
    }
    if (className !== null) classes[className] = (classes[className] ?? 0) + 1;
    rows.push({ ...entry, className });
    images++;
    if (rows.length >= ROWS_AT_ONCE) await store();
  }
  if (images === 0) throw new FolderWithoutImages(emptyMessage(folder, source, problems));
  await store();
  if (sourceId !== undefined) await catalogue.finishScan(sourceId, problems);
  return { images, classes, problems };
}

/** The first folder on the way to the image; undefined for an image that lies in none. */
function classOf(relativePath: string): string | undefined {
  const [first, ...rest] = relativePath.split(/[\\/]/);
  return rest.length === 0 ? undefined : first;
}

function emptyMessage(folder: string, source: FolderSource, problems: ImportedFolder['problems']): string {
  const [example] = problems;
  if (!example) return `There is no image in ${folder}: nothing was added.`;
  const wanted = source.kind === 'labelled' ? 'a folder with one sub-folder of images per class' : 'a folder of images';
  return `None of the ${problems.length} files in ${folder} can be used (${example.relativePath}: ${example.reason}): nothing was added; give ${wanted}.`;
}
