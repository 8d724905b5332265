import { mkdirSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { SourceHasOtherUse, SourceOverlapsProject } from '../../../main/catalogue/add-source.ts';
import { NumberTooLarge } from '../../../main/catalogue/database.ts';
import { TooManyImages } from '../../../main/catalogue/image-ids.ts';
import { imagePaths } from '../../../main/catalogue/image-paths.ts';
import type { Project } from '../../../main/catalogue/project.ts';
import { image, newProject, scan, temporaryFolder } from './project-builder.ts';

let project: Project;
beforeEach(async () => {
  project = await newProject();
});
afterEach(async () => {
  await project.close();
});

async function addLabelled(folder = temporaryFolder(), split: 'train' | 'val' | 'test' | null = 'train') {
  return await project.catalogue.addSource({ kind: 'labelled', folder, split });
}
async function addUnlabelled(folder = temporaryFolder()) {
  return await project.catalogue.addSource({ kind: 'unlabelled', folder, split: null });
}
async function files(ids?: Int32Array) {
  const found = [];
  for await (const file of project.catalogue.eachImage(ids ? { ids } : {}))
    found.push({ ...file, path: join(file.folder, file.relativePath) });
  return found;
}

describe('a source', () => {
  it('is the same when it is added again, also through a link', async () => {
    const folder = temporaryFolder();
    const link = join(temporaryFolder(), 'link');
    symlinkSync(folder, link, 'junction');
    expect(await addLabelled(folder)).toBe(await addLabelled(link));
    expect(await addLabelled(folder, null)).toBe(await addLabelled(folder, 'train'));
    expect((await project.catalogue.summary()).sources).toHaveLength(1);
  });

  it('has one use', async () => {
    const folder = temporaryFolder();
    await addLabelled(folder);
    await expect(addLabelled(folder, 'test')).rejects.toThrow(SourceHasOtherUse);
    await expect(addUnlabelled(folder)).rejects.toThrow(/added before as labelled \(train\)/);
  });

  it('does not share files with the project, also not through a link', async () => {
    const link = join(temporaryFolder(), 'link');
    symlinkSync(project.directory, link, 'junction');
    mkdirSync(project.path('cache', 'inside'));
    for (const folder of [project.directory, join(project.directory, '..'), project.path('cache', 'inside'), link]) {
      await expect(addUnlabelled(folder)).rejects.toThrow(SourceOverlapsProject);
    }
    await addUnlabelled(`${project.directory}-images`);
  });
});

describe('ids', () => {
  /** As if so many images had been known. */
  async function withLast(id: number): Promise<number> {
    const source = await addUnlabelled();
    await scan(project, source, [image('known.jpg')]);
    await project.database.run('UPDATE images SET id = ?', [BigInt(id)]);
    return source;
  }

  it('are given up to the last of 31 bits, and known images can be scanned after that', async () => {
    const source = await withLast(2 ** 31 - 3);
    const two = [image('a.jpg'), image('b.jpg')];
    await scan(project, source, [image('known.jpg'), ...two]);
    expect([...(await project.catalogue.unlabelledImages())]).toEqual([2 ** 31 - 3, 2 ** 31 - 2, 2 ** 31 - 1]);
    await expect(scan(project, source, [image('known.jpg'), ...two, image('c.jpg')])).rejects.toThrow(TooManyImages);
    await scan(project, source, [image('known.jpg'), ...two]);
    expect(await project.catalogue.countUnlabelled()).toBe(3);
  });

  it('that are larger are never taken for others', async () => {
    await withLast(2 ** 32 + 5);
    await expect(project.catalogue.unlabelledImages()).rejects.toThrow(NumberTooLarge);
  });
});

describe('a scan', () => {
  it('again finds the same images and says nothing new', async () => {
    const source = await addLabelled();
    const found = [image('b/1.jpg'), image('a/2.jpg'), image('a/1.jpg')];
    await scan(project, source, found, [{ relativePath: 'a/notes.txt', reason: 'is no image' }]);
    const first = [await files(), await project.catalogue.summary(), await project.catalogue.problems()];
    await scan(project, source, found, [{ relativePath: 'a/notes.txt', reason: 'is no image' }]);
    expect([await files(), await project.catalogue.summary(), await project.catalogue.problems()]).toEqual(first);
    expect(await project.database.rows('SELECT count(*) AS labels FROM labels')).toEqual([{ labels: 3 }]);
  });

  it('keeps the id of a changed file and forgives it what was wrong with it', async () => {
    const source = await addUnlabelled();
    await scan(project, source, [image('1.jpg'), image('2.jpg'), image('3.jpg')]);
    const { bytes, modifiedMs } = image('any');
    await project.catalogue.recordImageProblems([
      { id: 0, reason: 'ends too early', bytes, modifiedMs },
      { id: 1, reason: 'ends too early', bytes, modifiedMs },
      { id: 2, reason: 'said of an older version', bytes: bytes + 1, modifiedMs },
    ]);
    expect([...(await project.catalogue.unlabelledImages())]).toEqual([2]);
    await scan(project, source, [image('1.jpg', { bytes: 2000 }), image('2.jpg')]);
    expect([...(await project.catalogue.unlabelledImages())]).toEqual([0]);
    expect((await files()).map((file) => file.bytes)).toEqual([2000, 1000]);
    expect((await project.catalogue.problems()).map(({ reason }) => reason)).toEqual(['ends too early']);
  });

  it('uses an image again that a later decoder can read, and takes over its newer reason for another', async () => {
    const source = await addUnlabelled();
    await scan(project, source, [image('1.jpg'), image('2.jpg')]);
    const { bytes, modifiedMs } = image('any');
    const broken = (id: number, reason: string) => ({ id, reason, bytes, modifiedMs });
    await project.catalogue.recordImageProblems([broken(0, 'Unknown error'), broken(1, 'Unknown error')]);
    await project.catalogue.recordImageProblems([broken(1, 'the file is cut short')]);
    await project.catalogue.forgetImageProblems((id) => id === 0);
    expect([...(await project.catalogue.unlabelledImages())]).toEqual([0]);
    expect((await project.catalogue.problems()).map(({ reason }) => reason)).toEqual(['the file is cut short']);
  });

  it('marks vanished files missing and knows them when they come back', async () => {
    const source = await addUnlabelled();
    await scan(project, source, [image('1.jpg'), image('2.jpg')]);
    await scan(project, source, [image('2.jpg'), image('3.jpg')]);
    expect([...(await project.catalogue.unlabelledImages())]).toEqual([1, 2]);
    expect((await project.catalogue.summary()).sources).toMatchObject([{ images: 2, missing: 1 }]);
    await scan(project, source, [image('1.jpg'), image('2.jpg'), image('3.jpg')]);
    expect([...(await project.catalogue.unlabelledImages())]).toEqual([0, 1, 2]);
  });

  it('is recorded whole or not at all', async () => {
    const source = await addUnlabelled();
    await scan(project, source, [image('1.jpg')]);
    const twice = [image('1.jpg', { bytes: 2000 }), image('2.jpg'), image('2.jpg')];
    await expect(scan(project, source, twice)).rejects.toThrow(/duplicate/i);
    expect((await files()).map(({ bytes }) => bytes)).toEqual([1000]);
  });

  it('leaves the images of other sources alone', async () => {
    const [one, other] = [await addUnlabelled(), await addUnlabelled()];
    await scan(project, one, [image('1.jpg')]);
    await scan(project, other, [image('1.jpg'), image('2.jpg')]);
    await scan(project, other, [image('2.jpg')]);
    expect([...(await project.catalogue.unlabelledImages())]).toEqual([0, 2]);
  });

  it('takes quotes and any script in names', async () => {
    const source = await addLabelled();
    await scan(project, source, [image('猫\'s "eye"/ß\'; DROP TABLE images; --.jpg')]);
    expect(await project.catalogue.classes()).toEqual([{ id: 0, name: '猫\'s "eye"' }]);
    expect((await files())[0]?.path).toMatch(/DROP TABLE images; --\.jpg$/);
  });

  it('gives every file one id for ever, whatever comes, goes and changes', async () => {
    const names = fc.uniqueArray(fc.integer({ min: 0, max: 12 }), { maxLength: 13 });
    await fc.assert(
      fc.asyncProperty(fc.array(names, { minLength: 2, maxLength: 4 }), async (scans) => {
        const folder = temporaryFolder();
        const source = await addUnlabelled(folder);
        const known = new Map<string, number>();
        for (const [round, found] of scans.entries()) {
          await scan(
            project,
            source,
            found.map((name) => image(`${name}.jpg`, { bytes: round + 1 })),
          );
          const present = (await files()).filter(({ path }) => path.startsWith(folder));
          expect(present).toHaveLength(found.length);
          for (const { id, path } of present) {
            expect(known.get(path) ?? id).toBe(id);
            known.set(path, id);
          }
        }
        expect(new Set(known.values()).size).toBe(known.size);
      }),
      { numRuns: 8, seed: 3 },
    );
  });
});

describe('the classes', () => {
  it('are numbered by name at first and never again', async () => {
    const source = await addLabelled();
    await scan(project, source, [image('pear/1.jpg'), image('apple/1.jpg')]);
    await scan(project, source, [image('banana/1.jpg'), image('pear/1.jpg')]);
    expect(await project.catalogue.classes()).toEqual([
      { id: 0, name: 'apple' },
      { id: 1, name: 'pear' },
      { id: 2, name: 'banana' },
    ]);
  });

  it('that a person decided outlive a scan', async () => {
    const source = await addLabelled();
    const found = [image('apple/1.jpg'), image('pear/1.jpg')];
    await scan(project, source, found);
    await project.database.run("INSERT INTO labels VALUES (0, 1, 'person', now() AT TIME ZONE 'UTC')");
    await scan(project, source, found);
    expect(await project.catalogue.labelledImages('train')).toEqual({
      imageIds: Int32Array.of(0, 1),
      classIds: Int32Array.of(1, 1),
    });
  });
});

describe('a file in several sources', () => {
  it('counts once: labelled before unlabelled, held-out before training', async () => {
    const folder = temporaryFolder();
    mkdirSync(join(folder, 'train', 'test'), { recursive: true });
    const everything = await addUnlabelled(folder);
    const train = await addLabelled(join(folder, 'train'));
    const test = await addLabelled(join(folder, 'train', 'test'), 'test');
    await scan(project, everything, [image('train/a/1.jpg'), image('train/test/a/2.jpg'), image('3.jpg')]);
    await scan(project, train, [image('a/1.jpg'), image('test/a/2.jpg')]);
    await scan(project, test, [image('a/2.jpg')]);
    const paths = async (ids: Int32Array) => (await files(ids)).map(({ path }) => path.slice(folder.length + 1));
    const { catalogue } = project;
    expect(await paths((await catalogue.labelledImages('train')).imageIds)).toEqual(['train/a/1.jpg']);
    expect(await paths((await catalogue.labelledImages('test')).imageIds)).toEqual(['train/test/a/2.jpg']);
    expect(await paths(await catalogue.unlabelledImages())).toEqual(['3.jpg']);
    expect(await imagePaths(project, await catalogue.unlabelledImages())).toEqual(
      new Map([[0, { folder, relativePath: '3.jpg', bytes: 1000, modifiedMs: 1_700_000_000_000.5 }]]),
    );
  });

  it('is not one whose folder merely begins with the same letters', async () => {
    const folder = temporaryFolder();
    const [one, other] = [join(folder, 'harbour'), join(folder, 'harbour-2')];
    for (const path of [one, other]) {
      mkdirSync(path);
      await scan(project, await addUnlabelled(path), [image('1.jpg'), image('2.jpg')]);
    }
    expect(await project.catalogue.unlabelledImages()).toHaveLength(4);
  });
});

describe('the split', () => {
  const images = Array.from({ length: 60 }, (_, index) => image(`${index % 3 === 0 ? 'a' : 'b'}/${index}.jpg`));

  it('holds out a share of every class, the same for the same seed', async () => {
    await scan(project, await addLabelled(), images);
    await project.catalogue.splitTrain({ fraction: 0.2, seed: 4 });
    const held = await project.catalogue.labelledImages('val');
    const trained = await project.catalogue.labelledImages('train');
    expect([0, 1].map((classId) => held.classIds.filter((id) => id === classId).length)).toEqual([4, 8]);
    expect(trained.imageIds.length).toBe(48);
    const other = await newProject();
    try {
      const id = await other.catalogue.addSource({ kind: 'labelled', folder: temporaryFolder(), split: 'train' });
      await scan(other, id, images);
      await other.catalogue.splitTrain({ count: 12, seed: 4 });
      expect(await other.catalogue.labelledImages('val')).toEqual(held);
    } finally {
      await other.close();
    }
  });

  it('stays when images are added', async () => {
    const source = await addLabelled();
    await scan(project, source, images);
    await project.catalogue.splitTrain({ fraction: 0.2, seed: 4 });
    const held = await project.catalogue.labelledImages('val');
    await scan(project, source, [...images, image('a/0-new.jpg'), image('b/0-new.jpg')]);
    expect(await project.catalogue.labelledImages('val')).toEqual(held);
  });

  it('leaves a class its only image', async () => {
    await scan(project, await addLabelled(), [image('a/1.jpg'), image('b/1.jpg'), image('b/2.jpg')]);
    await project.catalogue.splitTrain({ fraction: 0.9, seed: 1 });
    expect(new Set((await project.catalogue.labelledImages('train')).classIds)).toEqual(new Set([0, 1]));
  });
});

describe('the files', () => {
  it('come in the order of their ids, all or the chosen, over many chunks', async () => {
    const source = await addUnlabelled();
    await scan(
      project,
      source,
      Array.from({ length: 20_000 }, (_, index) => image(`${index}.jpg`)),
    );
    const all = await files();
    expect(all.map(({ id }) => id)).toEqual(Array.from({ length: 20_000 }, (_, id) => id));
    const odd = Int32Array.from({ length: 10_000 }, (_, index) => 2 * (10_000 - index) - 1);
    expect((await files(odd)).map(({ id }) => id)).toEqual([...odd].reverse());
    expect(await files(new Int32Array())).toEqual([]);
  });
});
