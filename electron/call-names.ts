/** The names of the preload's calls to the shell. */
export const CALLS = {
  pickFolder: 'understudy:pick-folder',
  pickFile: 'understudy:pick-file',
  revealFile: 'understudy:reveal-file',
} as const;
