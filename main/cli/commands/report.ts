import { Command } from 'commander';
import { openProject } from '../../catalogue/project.ts';
import { gatherReport } from '../../report/gather-report.ts';
import { reportText } from '../../report/report-text.ts';
import { writeReport } from '../../report/write-report.ts';
import { Terminal } from '../terminal.ts';

export function reportCommand(signal: AbortSignal): Command {
  return new Command('report')
    .description('Show the results of the last run, and write them as one self-contained HTML file.')
    .argument('<dir>', "the project's folder, or the .understudy file in it")
    .action(async (directory: string, options: { json?: boolean }) => {
      const terminal = new Terminal(options.json === true);
      const project = await openProject(directory, { toLook: true, signal });
      try {
        if (!project.writable) {
          const data = await gatherReport(project);
          terminal.event({ event: 'report', ...data, html: null });
          terminal.print(reportText(data, terminal.columns));
          terminal.print('\nThe project is read-only: its report.html was not changed.');
          return;
        }
        const report = await writeReport(project);
        terminal.event({ event: 'report', ...report.data, html: report.htmlPath });
        terminal.print(reportText(report.data, terminal.columns));
        terminal.print(`\nReport: ${report.htmlPath}`);
      } finally {
        await project.close();
      }
    });
}
