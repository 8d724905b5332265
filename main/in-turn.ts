/** Work that is done one piece after another, in the order of the calls. A piece that fails does not stop the next one. */
export class InTurn {
  #last: Promise<unknown> = Promise.resolve();

  async run<T>(work: () => Promise<T>): Promise<T> {
    const next = this.#last.then(work);
    // The caller reports the failure.
    this.#last = next.catch(() => {});
    return await next;
  }

  /** Resolves when all work requested so far has settled. */
  async settled(): Promise<void> {
    await this.#last;
  }
}
