import type { ReportData } from './report-data.ts';
import { reportText } from './report-text.ts';
export function reportHtml(data: ReportData): string {
  return `<!doctype html><pre>${reportText(data)}</pre>`;
}
