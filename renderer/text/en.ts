/** Every English word of the pages, assembled: a translation replaces this file's parts. */
import { compare, lineage, use } from './compare.ts';
import { dropping } from './dropping.ts';
import { keys } from './keys.ts';
import { labelling } from './labelling.ts';
import { ranks } from './ranks.ts';
import { shell } from './shell.ts';
import { training } from './training.ts';

export const text = { shell, keys, ranks, training, compare, labelling, dropping, lineage, use } as const;
