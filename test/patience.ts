/** For what comes as soon as the machine gets to it: a test waits for it, and never for a time. */
export const PATIENCE = { timeout: 120_000 } as const;
