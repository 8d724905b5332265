/** Gathers what a project's last evaluation found, and writes it as text and as one HTML file in the project's folder. */

import { writeTextAtomically } from '../atomic-file.ts';
import type { Project } from '../catalogue/project.ts';
import { gatherReport } from './gather-report.ts';
import type { ReportData } from './report-data.ts';
import { reportHtml } from './report-html.ts';
import { reportText } from './report-text.ts';

/** Where the report of the newest evaluation is, once it was written. */
export function reportPath(project: Project): string {
  return project.path('report.html');
}

/** `evaluationId`: of the newest where absent, which may be another's where work was taken over. */
export async function writeReport(
  project: Project,
  evaluationId?: string,
): Promise<{ data: ReportData; text: string; htmlPath: string }> {
  const data = await gatherReport(project, evaluationId);
  const htmlPath = reportPath(project);
  await writeTextAtomically(htmlPath, reportHtml(data));
  return { data, text: reportText(data), htmlPath };
}
