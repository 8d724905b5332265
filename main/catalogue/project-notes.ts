/** Problems found and repaired while a project was in use, for display to the user. Each is reported once. */
export class ProjectNotes {
  readonly #known = new Set<string>();
  #waiting: string[] = [];

  add(message: string): void {
    if (this.#known.has(message)) return;
    this.#known.add(message);
    this.#waiting.push(message);
  }

  /** Returns those not taken yet. */
  take(): string[] {
    const taken = this.#waiting;
    this.#waiting = [];
    return taken;
  }
}
