import { Command } from 'commander';
import { openProject } from '../../catalogue/project.ts';
import { writeReport } from '../../report/write-report.ts';
import { Terminal } from '../terminal.ts';

export function reportCommand(): Command {
  return new Command('report')
    .description('Show what the last run found, and write it as one self-contained HTML file.')
    .argument('<dir>', "the project's folder, or the .understudy file in it")
    .action(async (directory: string, options: { json?: boolean }) => {
      const terminal = new Terminal(options.json === true);
      const project = await openProject(directory);
      try {
        const report = await writeReport(project);
        terminal.event({ event: 'report', ...report.data, html: report.htmlPath });
        terminal.print(report.text);
        terminal.print(`\nReport: ${report.htmlPath}`);
      } finally {
        await project.close();
      }
    });
}
