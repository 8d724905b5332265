/** A limit for events that happen as soon as the machine gets to them: a test waits for the event, never for a fixed time. */
export const PATIENCE = { timeout: 120_000 } as const;
