/**
 * Files from elsewhere that a project keeps: each in a folder of its own, beside a sealed record of what is known about
 * it. A file that no longer matches must be brought again; nothing can recreate it.
 */
import { readdir, readFile } from 'node:fs/promises';
import type { z } from 'zod';
import { writeTextAtomically } from '../atomic-file.ts';
import type { Project } from '../catalogue/project.ts';
import { sha256OfFile } from '../checksum.ts';
import { readSealed, sealed } from '../sealed-json.ts';
import { StoredDataDamaged, type Verdict, verdictOn } from '../stored-data.ts';

/** The project the files belong to, open or not. */
export type FilesOwner = Pick<Project, 'path' | 'notes'>;

interface BroughtKind<Shape extends z.ZodRawShape> {
  /** A folder of the project. */
  readonly folder: string;
  /** What a sentence calls one, such as “brought network”. */
  readonly title: string;
  readonly recordName: string;
  readonly contentName: string;
  readonly ids: RegExp;
  readonly schema: z.ZodObject<Shape>;
}

/** Common to all records. */
interface Named {
  readonly id: string;
  readonly file: string;
  readonly sha256: string;
}

export class BroughtFiles<Shape extends z.ZodRawShape> {
  readonly #kind: BroughtKind<Shape>;

  constructor(kind: BroughtKind<Shape>) {
    this.#kind = kind;
  }

  contentPath(project: FilesOwner, id: string): string {
    return project.path(this.#kind.folder, id, this.#kind.contentName);
  }

  /** Written after the content that it describes. */
  async keepRecord(project: FilesOwner, record: z.infer<z.ZodObject<Shape>> & Named): Promise<void> {
    await writeTextAtomically(this.#path(project, record.id), `${sealed(this.#identity(record.id), record, 2)}\n`);
  }

  /** Undefined if there is none of this name. Throws `StoredDataDamaged`. */
  async record(project: FilesOwner, id: string): Promise<z.infer<z.ZodObject<Shape>> | undefined> {
    const { ids, title, schema } = this.#kind;
    if (!ids.test(id)) return undefined;
    const path = this.#path(project, id);
    const what = `The record of the ${title} ${id}`;
    let text: string;
    try {
      text = await readFile(path, 'utf8');
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException;
      if (code === 'ENOENT' || code === 'ENOTDIR') return undefined;
      throw damaged(path, what, `it cannot be read: ${code}`);
    }
    const found = readSealed(this.#identity(id), text, schema);
    if (found.kind === 'damaged') throw damaged(path, what, found.damage);
    if (!found.proven) throw damaged(path, what, 'its checksum is missing');
    return found.value;
  }

  /** All intact records, by name; damaged ones are reported in the project's notes. */
  async records(project: FilesOwner): Promise<z.infer<z.ZodObject<Shape>>[]> {
    const records: z.infer<z.ZodObject<Shape>>[] = [];
    for (const id of await this.#folders(project)) {
      const record = await this.record(project, id).catch((error: unknown) => {
        if (!(error instanceof StoredDataDamaged)) throw error;
        project.notes.add(`${error.message} Until then it is left out.`);
        return undefined;
      });
      if (record) records.push(record);
    }
    return records;
  }

  /**
   * The path of the file; `what` is the subject of an error message. Throws `StoredDataDamaged` if it is not the file
   * that was brought.
   */
  async open(project: FilesOwner, { id, sha256 }: Named, what: string): Promise<string> {
    const path = this.contentPath(project, id);
    const found = await sha256OfFile(path).catch(() => undefined);
    if (found?.sha256 === sha256) return path;
    throw damaged(path, what, found ? 'its checksum does not match' : 'it is gone');
  }

  /** One verdict per file; `prove` reads it in the same way as its users do. */
  async *verify(project: FilesOwner, prove: (id: string) => Promise<unknown>): AsyncGenerator<Verdict> {
    for (const id of await this.#folders(project)) {
      yield await verdictOn({ kind: 'model', path: this.#path(project, id), remade: false }, async () => {
        await prove(id);
        return 'sound';
      });
    }
  }

  async #folders(project: FilesOwner): Promise<string[]> {
    const names = await readdir(project.path(this.#kind.folder)).catch(() => []);
    return names.filter((name) => this.#kind.ids.test(name)).sort();
  }

  #identity(id: string): string {
    return `${this.#kind.folder}/${id}`;
  }

  #path(project: FilesOwner, id: string): string {
    return project.path(this.#kind.folder, id, this.#kind.recordName);
  }
}

function damaged(path: string, what: string, damage: string): StoredDataDamaged {
  return new StoredDataDamaged({ kind: 'model', path, what, damage, wayOut: 'bring it again with understudy bring' });
}
