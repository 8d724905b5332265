/** Images that are in a catalogue before their files are there: whoever wants to see one has it made first. */
import { existsSync } from 'node:fs';

/** Says whether the path is one of its own, once the file is there. */
export type MakeImage = (path: string) => Promise<boolean>;

export class MissingImages {
  readonly #makers = new Map<string, MakeImage>();

  /** `owner` provides once, however often it says so. */
  provide(owner: string, make: MakeImage): void {
    this.#makers.set(owner, make);
  }

  /** Nothing happens to a file that is there, or that nobody makes. */
  async make(path: string): Promise<void> {
    if (existsSync(path)) return;
    for (const make of this.#makers.values()) if (await make(path)) return;
  }
}
