/** The comparisons of a project, each of all models on the same held-out images. */
import { existsSync } from 'node:fs';
import type { Project } from '../../catalogue/project.ts';
import { loadRunClasses } from '../../catalogue/run-classes.ts';
import { readEvaluations } from '../../pipeline/evaluations-file.ts';
import { pairedGain } from '../../pipeline/measure.ts';
import { comparisonsIn, readRuns } from '../../pipeline/runs.ts';
import { comparedModels, modelAs } from '../../pipeline/stages.ts';
import { reportPath } from '../../report/write-report.ts';
import type { Job } from '../contract/jobs.ts';
import type { EvaluationView } from '../contract/runs.ts';
import { NotFound } from '../failures.ts';
import { requireRun, runLineage } from './run-infos.ts';

/** The newest first. */
export async function evaluations(project: Project): Promise<{ runId: string; finishedAt: string }[]> {
  const done = comparisonsIn(await readRuns(project));
  return done.map(({ id, finishedAt, startedAt }) => ({ runId: id, finishedAt: finishedAt ?? startedAt })).reverse();
}

export async function evaluation(project: Project, runId: string, jobs: readonly Job[] = []): Promise<EvaluationView> {
  const run = await requireRun(project, runId);
  if (run.stage !== 'evaluate' || run.state !== 'succeeded') {
    throw new NotFound(`The run ${runId} is not a finished comparison: run the method to its end first.`);
  }
  const found = await readEvaluations(project, runId);
  const lineage = await runLineage(project, runId, jobs);
  const baseline = found.find(([model]) => model === modelAs('baseline'))?.[1];
  return {
    runId,
    finishedAt: run.finishedAt ?? run.startedAt,
    reportFile: await reportOf(project, runId),
    ...(await loadRunClasses(project, runId)),
    models: found.map(([model, own]) => {
      const { stage, role } = comparedModels[model];
      const node = lineage.find((one) => one.run.stage === stage);
      return { model, role, runId: node?.run.id ?? '', title: node?.run.title ?? '', evaluation: own };
    }),
    differences: found.flatMap(([model, own]) => {
      const difference = baseline && own !== baseline ? pairedGain(own, baseline) : undefined;
      return difference ? [{ model, difference }] : [];
    }),
  };
}

/** A project has one report, for its newest comparison. */
async function reportOf(project: Project, runId: string): Promise<string | null> {
  const [newest] = await evaluations(project);
  const path = reportPath(project);
  return newest?.runId === runId && existsSync(path) ? path : null;
}
