/**
 * Gathers the results of a project's last evaluation, and writes them as text and as one HTML file in the project's
 * folder.
 */

import { writeTextAtomically } from '../atomic-file.ts';
import type { Project } from '../catalogue/project.ts';
import { gatherReport } from './gather-report.ts';
import type { ReportData } from './report-data.ts';
import { reportHtml } from './report-html.ts';
import { reportText } from './report-text.ts';

/** Where the report of the newest evaluation is, once written. */
export function reportPath(project: Project): string {
  return project.path('report.html');
}

/**
 * `evaluationId` defaults to the newest evaluation, which may not be the caller's own if its work was reused from
 * earlier.
 */
export async function writeReport(
  project: Project,
  evaluationId?: string,
): Promise<{ data: ReportData; text: string; htmlPath: string }> {
  const data = await gatherReport(project, evaluationId);
  const htmlPath = reportPath(project);
  await writeTextAtomically(htmlPath, reportHtml(data));
  return { data, text: reportText(data), htmlPath };
}
