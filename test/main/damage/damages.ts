/** Seeded damage to single files, as caused by disks, interrupted copies and mistakes. */
import { readFileSync, renameSync, rmSync, statSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { at } from '../../../main/at.ts';
import type { CounterRandom } from '../../../main/random.ts';

const DAMAGES = ['flip', 'cut', 'empty', 'swap'] as const;
export type DamageKind = (typeof DAMAGES)[number];

export interface Damaged {
  readonly kind: string;
  readonly file: string;
  readonly damage: string;
}

/** The kind of a file, by its path: files of a kind are damaged in similar ways. */
export function kindOfFile(file: string): string {
  return file
    .replaceAll('\\', '/')
    .replace(/^jobs\/.*/, 'jobs')
    .replace(/^catalogue-copy\/.*\.parquet/, 'catalogue-copy/table')
    .replace(/[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f-]+/g, 'ID')
    .replace(/-[0-9a-f]{12}\b/g, '-ID')
    .replace(/\b\d+-\d+-[0-9a-f]+/g, 'N')
    .replace(/\d+/g, 'N')
    .replace(/^runs\/(teacher|supervised|pretrain|finetune)-/, 'runs/training-');
}

/** Damages one of the files, drawing its kind first, so that no kind is rare. */
export function damageOne(folder: string, files: readonly string[], random: CounterRandom): Damaged {
  const kinds = [...new Set(files.map(kindOfFile))];
  const kind = at(kinds, random.integer(kinds.length));
  const alike = files.filter((file) => kindOfFile(file) === kind);
  const file = at(alike, random.integer(alike.length));
  const damage = at(DAMAGES, random.integer(DAMAGES.length));
  return damageFile(folder, files, file, damage, random);
}

export function damageFile(
  folder: string,
  files: readonly string[],
  file: string,
  damage: DamageKind,
  random: CounterRandom,
): Damaged {
  const kind = kindOfFile(file);
  const alike = files.filter((other) => kindOfFile(other) === kind);
  return { kind, file, damage: HOW[damage](folder, file, { files, alike, random }) };
}

interface Around {
  readonly files: readonly string[];
  readonly alike: readonly string[];
  readonly random: CounterRandom;
}

const HOW: Readonly<Record<DamageKind, (folder: string, file: string, around: Around) => string>> = {
  flip: (folder, file, { random }) => {
    const path = join(folder, file);
    const bytes = readFileSync(path);
    if (bytes.length === 0) return 'nothing to flip';
    const first = random.integer(bytes.length);
    // A byte, a few bytes, or a block of a disk.
    const count = Math.min(bytes.length - first, at([1, 6, 4096], random.integer(3)));
    for (let place = first; place < first + count; place++) {
      bytes[place] = at(bytes, place) ^ (count === 1 ? 1 << random.integer(8) : 1 + random.integer(255));
    }
    writeFileSync(path, bytes);
    return `${count} bytes flipped at ${first} of ${bytes.length}`;
  },
  cut: (folder, file, { random }) => {
    const path = join(folder, file);
    const { size } = statSync(path);
    const length = random.integer(Math.max(1, size));
    truncateSync(path, length);
    return `cut to ${length} of ${size} bytes`;
  },
  empty: (folder, file) => {
    truncateSync(join(folder, file), 0);
    return 'emptied';
  },
  /** Swaps with another file of the same kind, if there is one: the right bytes in the wrong place. */
  swap: (folder, file, { files, alike, random }) => {
    const others = (alike.length > 1 ? alike : files).filter((other) => other !== file);
    const other = at(others, random.integer(others.length));
    const aside = join(folder, 'aside');
    renameSync(join(folder, file), aside);
    renameSync(join(folder, other), join(folder, file));
    renameSync(aside, join(folder, other));
    rmSync(aside, { force: true });
    return `swapped with ${other}`;
  },
};
