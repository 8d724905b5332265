import { Command } from 'commander';
import { openProject } from '../../catalogue/project.ts';
import { ExpectedFailure } from '../../failure.ts';
import { checkProject } from '../../pipeline/check-project.ts';
import { repair } from '../../pipeline/repair-project.ts';
import { STORED_KINDS, type StoredKind, type Verdict } from '../../stored-data.ts';
import { Terminal } from '../terminal.ts';

class DamageLeft extends ExpectedFailure {}

interface CheckOptions {
  readonly repair?: boolean;
  readonly json?: boolean;
}

type Counts = Map<StoredKind, Record<Verdict['state'], number>>;

const WORDS: Readonly<Record<StoredKind, string>> = {
  project: 'project descriptions',
  catalogue: 'tables of the catalogue',
  recipe: 'recipes',
  run: 'records and lists of runs',
  model: 'models',
  checkpoint: 'checkpoints',
  curve: 'curves',
  scores: 'partitions of scores',
  pixels: 'shards of pixels',
  features: 'shards of features',
  thumbnail: 'thumbnails',
  classification: 'classifications',
  job: 'job records',
};

export function checkCommand(signal: AbortSignal): Command {
  return new Command('check')
    .description('Prove every file that a project keeps, and name each that is not what was written.')
    .argument('<dir>', "the project's folder, or the .understudy file in it")
    .option('--repair', 'write again what has a copy, and take away what the next run makes again')
    .addHelpText('after', '\nExit code 0: what is checked is whole, or is so after the repair. 1: damage is left.')
    .action(async (directory: string, options: CheckOptions) => {
      const terminal = new Terminal(options.json === true);
      const project = await openProject(directory);
      try {
        const counts: Counts = new Map();
        let left = 0;
        for await (const verdict of checkProject(project, signal)) {
          const { kind, state } = verdict;
          const known = counts.get(kind) ?? { sound: 0, unproven: 0, damaged: 0 };
          counts.set(kind, { ...known, [state]: known[state] + 1 });
          if (verdict.state !== 'damaged') continue;
          const { what, path, damage, wayOut } = verdict;
          const repaired = options.repair === true ? await repair(project, verdict) : undefined;
          if (repaired === undefined) left++;
          terminal.event({ event: 'damage', kind, what, path, damage, wayOut, repaired: repaired ?? null });
          terminal.print(`${what} is damaged (${path}: ${damage}): ${repaired ?? `${wayOut}.`}`);
        }
        if (counts.size > 0) terminal.print(countsText(counts));
        terminal.event({ event: 'checked', directory: project.directory, left, counts });
        if (left > 0) throw new DamageLeft(leftText(left, options.repair === true));
      } finally {
        await project.close();
      }
    });
}

function countsText(counts: Counts): string {
  const lines = STORED_KINDS.flatMap((kind) => {
    const found = counts.get(kind);
    if (!found) return [];
    const { sound, unproven, damaged } = found;
    const parts = [
      `${sound} whole`,
      ...(unproven > 0 ? [`${unproven} from before there were checksums, readable`] : []),
      ...(damaged > 0 ? [`${damaged} damaged`] : []),
    ];
    return [`${WORDS[kind]}: ${parts.join(', ')}`];
  });
  return lines.join('\n');
}

function leftText(left: number, repaired: boolean): string {
  const files = left === 1 ? '1 file is' : `${left} files are`;
  return `${files} damaged: what to do stands beside each${repaired ? '' : ', or add --repair for what can be made again'}.`;
}
