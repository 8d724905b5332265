/**
 * Immediate repairs of damaged files: a run's record is rewritten from its copy, and files that the method can recreate
 * are removed, so that the next run does so. Everything else stays as it is.
 */
import { readdir, rm } from 'node:fs/promises';
import { basename, dirname, extname, join, relative, sep } from 'node:path';
import { isOfCopy } from '../catalogue/copy-place.ts';
import type { Project } from '../catalogue/project.ts';
import { describedInCatalogue, writeDescription } from '../catalogue/project-description.ts';
import type { Verdict } from '../stored-data.ts';
import { isRunRecord, readRun, writeRun } from './runs.ts';

type Damaged = Extract<Verdict, { state: 'damaged' }>;

/** What was done, as a sentence; undefined if nothing can be done here, as `damaged.wayOut` explains. */
export async function repair(project: Project, damaged: Damaged): Promise<string | undefined> {
  const { what, path, kind, wayOut } = damaged;
  if (!damaged.remade) return undefined;
  const [folder, runId] = relative(project.directory, path).split(sep);
  if (folder === 'runs' && runId !== undefined && kind !== 'checkpoint')
    return await repairRun(project, runId, damaged);
  if (isOfCopy(path, project.directory)) {
    await project.copy?.writeAgain();
    return `${what} was damaged and was written again from the catalogue.`;
  }
  if (kind === 'project') {
    const known = await describedInCatalogue(project.database);
    if (known === undefined) return undefined;
    await writeDescription(project.directory, known);
    return `${what} was damaged and was written again from the catalogue.`;
  }
  if (folder === 'scores' && runId !== undefined) {
    for (const file of [path, `${path}.done`]) await rm(file, { force: true });
    const run = await readRun(project, runId);
    const reason = `${what} was damaged and was removed: ${wayOut}.`;
    if (run) await writeRun(project, { ...run, state: 'failed', reason });
    return reason;
  }
  if (kind === 'pixels') {
    const shard = basename(path, extname(path));
    const names = (await readdir(dirname(path))).filter((name) => basename(name, extname(name)) === shard);
    for (const name of names) await rm(join(dirname(path), name), { force: true });
  } else {
    await rm(path, { force: true });
  }
  return `${what} was damaged and was removed: ${wayOut}.`;
}

/** A run with a missing file counts as unfinished: running the method does it again, with the same result. */
async function repairRun(project: Project, runId: string, { what, path }: Damaged): Promise<string> {
  // Reading a damaged record rewrites it from its copy.
  const run = await readRun(project, runId);
  if (run && isRunRecord(path)) {
    await writeRun(project, run);
    return `${what} was written again from its copy.`;
  }
  if (!run) {
    await rm(dirname(path), { recursive: true, force: true });
    return `${what} was damaged, and so was its copy: the run ${runId} was removed, and is done again when the method is run with the same settings.`;
  }
  const reason = `${what} was damaged and was removed: run the method again with the same settings to recreate it.`;
  await rm(path, { force: true });
  await writeRun(project, { ...run, state: 'failed', reason });
  return reason;
}
