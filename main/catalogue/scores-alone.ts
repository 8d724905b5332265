/**
 * The scores of a project without its catalogue, which only one process can open at a time: for processes that only
 * write partitions.
 */
import { join } from 'node:path';
import { Database } from './database.ts';
import type { ImageFile } from './image-paths.ts';
import { readImageList } from './images/image-list.ts';
import { ScoreStore } from './score-store.ts';

export interface OpenScores {
  readonly scores: ScoreStore;
  /** As `readImageList`. */
  imagesIn(list: string, ids: Int32Array): Promise<ImageFile[]>;
  close(): void;
}

/** @param directory the project's folder */
export async function openScores(directory: string): Promise<OpenScores> {
  const database = await Database.inMemory();
  return {
    scores: new ScoreStore(database, join(directory, 'scores')),
    imagesIn: (list, ids) => readImageList(database, list, ids),
    close: () => database.close(),
  };
}
