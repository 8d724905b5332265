import { Command } from 'commander';
import { openProject } from '../../catalogue/project.ts';
import { ExpectedFailure } from '../../failure.ts';
import { bringCatalogueBack } from '../../pipeline/bring-catalogue-back.ts';
import { checkProject } from '../../pipeline/check-project.ts';
import { repair } from '../../pipeline/repair-project.ts';
import { type Damage, STORED_KINDS, StoredDataDamaged, type StoredKind, type Verdict } from '../../stored-data.ts';
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
    .description('Verify every file that a project stores, and name each that is damaged.')
    .argument('<dir>', "the project's folder, or the .understudy file in it")
    .option('--repair', 'restore what has a copy, and remove what the next run will make again')
    .addHelpText('after', '\nExit code 0: everything that was checked is intact, or was repaired. 1: damage remains.')
    .action(async (directory: string, options: CheckOptions) => {
      const terminal = new Terminal(options.json === true);
      const report = new Report(terminal);
      let project = await openProject(directory).catch(async (error: unknown) => {
        if (!isOfCatalogue(error)) throw error;
        report.found(error.damage, options.repair === true ? await bringCatalogueBack(directory) : undefined);
        if (options.repair !== true) throw new DamageLeft(leftText(1, false));
        return await openProject(directory);
      });
      try {
        for (const note of project.notes.take()) terminal.note(note);
        for await (const verdict of checkProject(project, signal)) {
          report.count(verdict);
          if (verdict.state !== 'damaged') continue;
          if (options.repair === true && verdict.kind === 'catalogue' && !verdict.remade) {
            await project.close();
            report.found(verdict, await bringCatalogueBack(directory));
            project = await openProject(directory);
            // The last part: the remaining tables belong to the same file.
            break;
          }
          report.found(verdict, options.repair === true ? await repair(project, verdict) : undefined);
        }
        report.end(project.directory);
        if (report.left > 0) throw new DamageLeft(leftText(report.left, options.repair === true));
      } finally {
        await project.close();
      }
    });
}

function isOfCatalogue(error: unknown): error is StoredDataDamaged {
  return error instanceof StoredDataDamaged && error.damage.kind === 'catalogue';
}

/** Prints findings and repairs as they happen. */
class Report {
  readonly #terminal: Terminal;
  readonly #counts: Counts = new Map();
  left = 0;

  constructor(terminal: Terminal) {
    this.#terminal = terminal;
  }

  count({ kind, state }: Verdict): void {
    const known = this.#counts.get(kind) ?? { sound: 0, unproven: 0, damaged: 0 };
    this.#counts.set(kind, { ...known, [state]: known[state] + 1 });
  }

  found({ kind, what, path, damage, wayOut }: Damage, repaired: string | undefined): void {
    if (repaired === undefined) this.left++;
    this.#terminal.event({ event: 'damage', kind, what, path, damage, wayOut, repaired: repaired ?? null });
    this.#terminal.print(`${what} is damaged (${path}: ${damage}): ${repaired ?? `${wayOut}.`}`);
  }

  end(directory: string): void {
    if (this.#counts.size > 0) this.#terminal.print(countsText(this.#counts));
    this.#terminal.event({ event: 'checked', directory, left: this.left, counts: this.#counts });
  }
}

function countsText(counts: Counts): string {
  const lines = STORED_KINDS.flatMap((kind) => {
    const found = counts.get(kind);
    if (!found) return [];
    const { sound, unproven, damaged } = found;
    const parts = [
      `${sound} whole`,
      ...(unproven > 0 ? [`${unproven} written before there were checksums, but readable`] : []),
      ...(damaged > 0 ? [`${damaged} damaged`] : []),
    ];
    return [`${WORDS[kind]}: ${parts.join(', ')}`];
  });
  return lines.join('\n');
}

function leftText(left: number, repaired: boolean): string {
  const files = left === 1 ? '1 file is' : `${left} files are`;
  return `${files} damaged: see what to do beside each${repaired ? '' : ', or add --repair for what can be made again'}.`;
}
