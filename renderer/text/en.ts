/** Every English word of the pages, assembled: a translation replaces this file's parts. */
import { compare, labelling, use } from './compare.ts';
import { ranks } from './ranks.ts';
import { shell } from './shell.ts';
import { training } from './training.ts';

export const text = { shell, ranks, training, compare, labelling, use } as const;
