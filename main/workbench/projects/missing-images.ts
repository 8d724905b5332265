/** Images that are in a catalogue before their files exist: a file is made when it is first needed. */
import { existsSync } from 'node:fs';

/** Resolves to whether the path is one of its own, once the file exists. */
export type MakeImage = (path: string) => Promise<boolean>;

export class MissingImages {
  readonly #makers = new Map<string, MakeImage>();

  /** Each `owner` has one provider, however often it registers. */
  provide(owner: string, make: MakeImage): void {
    this.#makers.set(owner, make);
  }

  /** Does nothing for a file that exists, or that no provider makes. */
  async make(path: string): Promise<void> {
    if (existsSync(path)) return;
    for (const make of this.#makers.values()) if (await make(path)) return;
  }
}
