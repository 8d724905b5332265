/** The comparisons of a project, each with all models on the same held-out images. */
import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import type { Project } from '../catalogue/project.ts';
import { loadRunClasses } from '../catalogue/run-classes.ts';
import { readRuns } from '../catalogue/runs.ts';
import type { EvaluatedModel } from '../pipeline/evaluate-stage.ts';
import { type Evaluation, pairedDifference } from '../pipeline/metrics.ts';
import { reportPath } from '../report/write-report.ts';
import type { EvaluationView } from './contract/runs.ts';
import { NotFound } from './failures.ts';
import { requireRun, runLineage } from './run-infos.ts';

const STAGE_OF = {
  teacher: 'teacher',
  supervised: 'supervised',
  pretrained: 'pretrain',
  finetuned: 'finetune',
} as const;

/** The newest first. */
export async function evaluations(project: Project): Promise<{ runId: string; finishedAt: string }[]> {
  const done = (await readRuns(project)).filter(({ stage, state }) => stage === 'evaluate' && state === 'succeeded');
  return done.map(({ id, finishedAt, startedAt }) => ({ runId: id, finishedAt: finishedAt ?? startedAt })).reverse();
}

export async function evaluation(project: Project, runId: string): Promise<EvaluationView> {
  const run = await requireRun(project, runId);
  if (run.stage !== 'evaluate' || run.state !== 'succeeded') {
    throw new NotFound(`The run ${runId} is no finished comparison: run the method to its end first.`);
  }
  const text = await readFile(project.path('runs', runId, 'evaluations.json'), 'utf8');
  const found = Object.entries(JSON.parse(text)) as [EvaluatedModel, Evaluation][];
  const lineage = await runLineage(project, runId);
  const supervised = found.find(([model]) => model === 'supervised')?.[1];
  return {
    runId,
    finishedAt: run.finishedAt ?? run.startedAt,
    reportFile: await reportOf(project, runId),
    ...(await loadRunClasses(project, runId)),
    models: found.map(([model, own]) => {
      const node = lineage.find((one) => one.run.stage === STAGE_OF[model]);
      return { model, runId: node?.run.id ?? '', title: node?.run.title ?? '', evaluation: own };
    }),
    differences: found.flatMap(([model, own]) => {
      const difference = supervised && model !== 'supervised' ? pairedDifference(own, supervised) : undefined;
      return difference ? [{ model, difference }] : [];
    }),
  };
}

/** A project has one report, of its newest comparison. */
async function reportOf(project: Project, runId: string): Promise<string | null> {
  const [newest] = await evaluations(project);
  const path = reportPath(project);
  return newest?.runId === runId && existsSync(path) ? path : null;
}
