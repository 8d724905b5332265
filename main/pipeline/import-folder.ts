/**
 * Takes a folder into the catalogue: a labelled one, whose first-level sub-folders are the classes, or an unlabelled one,
 * nested as it is. What cannot be read is listed with its reason and never stops the import.
 */
import { resolve } from 'node:path';
import type { Project } from '../catalogue/project.ts';
import type { FileProblem, ImageInput } from '../catalogue/record-scan.ts';
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

/** Images that are recorded together; within such a batch ids follow the order of the names. */
export const SCANNED_AT_ONCE = 2048;

interface ImportOptions {
  readonly signal?: AbortSignal;
  readonly onProgress?: (files: number) => void;
}

export async function importFolder(
  project: Project,
  source: FolderSource,
  options: ImportOptions = {},
): Promise<ImportedFolder> {
  const { catalogue } = project;
  const folder = resolve(source.folder);
  const classes: Record<string, number> = {};
  const problems: FileProblem[] = [];
  let images = 0;
  const files = readableImages(folder, source.kind, options, problems);
  // A folder without a single image leaves no trace, so the source is added only once the first rows are there.
  let rows = await nextRows(files);
  if (rows.length === 0) throw new FolderWithoutImages(emptyMessage(folder, source, problems));
  const sourceId = await catalogue.addSource({ ...source, folder });
  await catalogue.scan(sourceId, async (record) => {
    for (; rows.length > 0; rows = await nextRows(files)) {
      await record(rows);
      images += rows.length;
      for (const { className } of rows) if (className !== null) classes[className] = (classes[className] ?? 0) + 1;
    }
    return problems;
  });
  return { images, classes, problems };
}

/** What a scan finds, image by image; what cannot be used is added to `problems`. */
async function* readableImages(
  folder: string,
  kind: FolderSource['kind'],
  { signal, onProgress }: ImportOptions,
  problems: FileProblem[],
): AsyncGenerator<ImageInput> {
  let files = 0;
  for await (const entry of scanFolder(folder, signal ? { signal } : {})) {
    onProgress?.(++files);
    if (entry.kind === 'problem') {
      problems.push(entry);
      continue;
    }
    const className = kind === 'labelled' ? classOf(entry.relativePath) : null;
    if (className !== undefined) yield { ...entry, className };
    else {
      const reason = 'lies beside the class folders: move it into the folder of its class';
      problems.push({ relativePath: entry.relativePath, reason });
    }
  }
}

/** The next few thousand; none when all were read. */
async function nextRows(images: AsyncGenerator<ImageInput>): Promise<ImageInput[]> {
  const rows: ImageInput[] = [];
  while (rows.length < SCANNED_AT_ONCE) {
    const next = await images.next();
    if (next.done) break;
    rows.push(next.value);
  }
  return rows;
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
