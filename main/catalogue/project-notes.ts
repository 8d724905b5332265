/** What was found wrong and set right while a project was used, for whoever can tell a person. Each is said once. */
export class ProjectNotes {
  readonly #known = new Set<string>();
  #waiting: string[] = [];

  add(message: string): void {
    if (this.#known.has(message)) return;
    this.#known.add(message);
    this.#waiting.push(message);
  }

  /** Those that nobody took yet. */
  take(): string[] {
    const taken = this.#waiting;
    this.#waiting = [];
    return taken;
  }
}
