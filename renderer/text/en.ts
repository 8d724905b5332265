/** Every English text of the pages, assembled: a translation replaces this file's parts. */
import { compare, lineage, use } from './compare.ts';
import { correcting } from './correcting.ts';
import { dropping } from './dropping.ts';
import { experiments } from './experiments.ts';
import { handLabelling } from './hand-labelling.ts';
import { keys } from './keys.ts';
import { ranks } from './ranks.ts';
import { shell } from './shell.ts';
import { similar } from './similar.ts';
import { training } from './training.ts';

export const text = {
  ...{ shell, keys, ranks, training, compare, correcting },
  ...{ handLabelling, dropping, lineage, similar, use, experiments },
} as const;
