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

export async function writeReport(project: Project): Promise<{ data: ReportData; text: string; htmlPath: string }> {
  const data = await gatherReport(project);
  const htmlPath = reportPath(project);
  await writeTextAtomically(htmlPath, reportHtml(data));
  return { data, text: reportText(data), htmlPath };
}
