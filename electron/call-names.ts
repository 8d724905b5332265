/** The calls of the preload, by the names under which they go to the shell. */
export const CALLS = {
  pickFolder: 'understudy:pick-folder',
  pickFile: 'understudy:pick-file',
  revealFile: 'understudy:reveal-file',
} as const;
