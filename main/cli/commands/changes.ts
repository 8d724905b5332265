/** `changes`: what corrected labels changed between two comparisons of the method. */
import { Command } from 'commander';
import { openProject } from '../../catalogue/project.ts';
import { comparedModels } from '../../pipeline/stages.ts';
import { type WhatChanged, whatChanged } from '../../pipeline/what-changed.ts';
import { interval, percent, points, signed, thousands } from '../../report/numbers.ts';
import { textTable } from '../../text-table.ts';
import { visible } from '../../visible.ts';
import { Terminal } from '../terminal.ts';

const MOST_CLASSES = 20;
const MOST_IMAGES = 20;

interface ChangesOptions {
  readonly before?: string;
  readonly after?: string;
  readonly json?: boolean;
}

export function changesCommand(signal: AbortSignal): Command {
  return new Command('changes')
    .description('Show what changed between two comparisons: labels, the selection, and what the models get right.')
    .argument('<dir>', "the project's folder, or the .understudy file in it")
    .option('--before <run>', 'the earlier comparison (default: the one before the later)')
    .option('--after <run>', 'the later comparison (default: the newest)')
    .action(async (directory: string, options: ChangesOptions) => {
      const terminal = new Terminal(options.json === true);
      const project = await openProject(directory, { toLook: true, signal });
      try {
        const changed = await whatChanged(project, { before: options.before, after: options.after });
        terminal.event({ event: 'changes', ...changed });
        terminal.print(changesText(changed, terminal.columns));
      } finally {
        await project.close();
      }
    });
}

function changesText({ before, after, labels, models, selection, classes }: WhatChanged, columns: number): string {
  const named = labels.images.slice(0, MOST_IMAGES);
  const shown = classes.slice(0, MOST_CLASSES);
  const accuracies = textTable(
    [
      ['', 'before', '95 % interval', 'after', '95 % interval', 'difference', '95 % interval'],
      ...models.map((one) => [
        comparedModels[one.model].title,
        percent(one.before.accuracy),
        interval(one.before.interval, percent),
        percent(one.after.accuracy),
        interval(one.after.interval, percent),
        points(one.difference.difference),
        interval(one.difference.interval, signed),
      ]),
    ],
    { columns, gap: 2 },
  );
  const byClass = textTable(
    [
      ['', 'entered', 'left', 'stayed', 'now right', 'now wrong', 'held out'],
      ...shown.map((one) => [
        visible(one.name),
        ...[one.entered, one.left, one.stayed, one.gained, one.lost, one.images].map(thousands),
      ]),
    ],
    { columns, gap: 2 },
  );
  return [
    `From ${before.runId} (${before.finishedAt}) to ${after.runId} (${after.finishedAt})`,
    `\nChanged labels: ${thousands(labels.total)}`,
    ...named.map(({ path, heldOut }) => `  ${visible(path)}${heldOut ? ' (held out)' : ''}`),
    ...(labels.total > named.length ? [`  and ${thousands(labels.total - named.length)} more`] : []),
    '\nOn the same held-out images, with the current labels:',
    accuracies,
    `\nThe selection: ${thousands(selection.entered)} entered, ${thousands(selection.left)} left, ${thousands(selection.stayed)} stayed`,
    ...(shown.length > 0 ? [byClass] : []),
    ...(classes.length > shown.length ? [`  and ${thousands(classes.length - shown.length)} more classes`] : []),
  ].join('\n');
}
