/** A Parquet file of a run as an SQL table expression. */
import { parquetTable } from '../parquet.ts';
import type { Project } from '../project.ts';
import { findRunFile, openRunFile } from '../run-files.ts';

/** Throws `StoredDataDamaged`, also if the run has no such file. */
export async function runTable(project: Project, runId: string, name: string): Promise<string> {
  return parquetTable(await openRunFile(project.path('runs', runId), name));
}

/** Undefined if the run has no such file. Throws `StoredDataDamaged`. */
export async function findRunTable(project: Project, runId: string, name: string): Promise<string | undefined> {
  const path = await findRunFile(project.path('runs', runId), name);
  return path === undefined ? undefined : parquetTable(path);
}
