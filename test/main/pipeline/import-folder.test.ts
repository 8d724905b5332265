/** Folders and names as people have them, imported into a real project. */
import { execFileSync } from 'node:child_process';
import {
  copyFileSync,
  linkSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, relative } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { SourceHasOtherUse, SourceOverlapsProject, SourcesOverlap } from '../../../main/catalogue/add-source.ts';
import { mergeClass } from '../../../main/catalogue/classes.ts';
import { CHOSEN_IMAGES, decide, undoAction } from '../../../main/catalogue/decisions.ts';
import { createProject, type Project } from '../../../main/catalogue/project.ts';
import type { Split } from '../../../main/catalogue/source-use.ts';
import { openBytes } from '../../../main/images/open-bytes.ts';
import { findImage } from '../../../main/pipeline/find-image.ts';
import type { FolderSource } from '../../../main/pipeline/folder-pass.ts';
import { FolderWithoutImages, importFolder } from '../../../main/pipeline/import-folder.ts';
import { knownImage } from '../../../main/pipeline/known-image.ts';
import { locateImage } from '../../../main/pipeline/locate-image.ts';
import { writeJpeg } from '../image-files.ts';

let root: string;
let project: Project;
beforeEach(async () => {
  root = mkdtempSync(join(tmpdir(), 'understudy-import-'));
  project = await createProject(join(root, 'project'));
});
afterEach(async () => {
  await project.close();
  rmSync(root, { recursive: true, force: true });
});

let seed = 1;
async function write(...paths: readonly string[]): Promise<void> {
  for (const path of paths) await writeJpeg(join(root, path), { seed: seed++ });
}

async function add(kind: FolderSource['kind'], folder: string, split: FolderSource['split'] = null) {
  return await importFolder(project, { kind, folder: join(root, folder), split });
}

async function counts() {
  const { classes, sources } = await project.catalogue.summary();
  return {
    classes: Object.fromEntries(
      classes.map(({ name, train, heldOut }) => [name, heldOut > 0 ? [train, heldOut] : train]),
    ),
    unlabelled: (await project.catalogue.unlabelledImages()).length,
    repeated: sources.map(({ repeated }) => repeated),
  };
}

describe('class folders', () => {
  it('of every odd name are classes and are counted', async () => {
    const names = [
      '=1+1',
      '@SUM(A1)',
      '__proto__',
      'a,b "q"',
      'back\\slash',
      'constructor',
      'hasOwnProperty',
      'new\nline',
    ];
    names.push('toString', 'tr ', '<b>x', "o'brien", '1', '10', '2', '😀', 'CON', 'ü'.repeat(120), '\u202Egpj');
    await write(...names.map((name) => `odd/${name}/1.jpg`));
    const added = await add('labelled', 'odd');
    expect(added.classes).toEqual(new Map(names.toSorted((a, b) => (a < b ? -1 : 1)).map((name) => [name, 1])));
    expect(new Set((await project.catalogue.classes()).map(({ name }) => name))).toEqual(new Set(names));
    expect((await project.catalogue.labelledImages('train')).imageIds).toHaveLength(names.length);
    expect(added.problems).toEqual([]);
  });

  it('of one word, its accents stored in either way, are one class, and the files keep their names', async () => {
    await write('odd/cafe\u0301/1.jpg', 'odd/caf\u00E9/2.jpg', 'odd/cafe/3.jpg');
    const added = await add('labelled', 'odd');
    expect(added.classes).toEqual(
      new Map([
        ['cafe', 1],
        ['caf\u00E9', 2],
      ]),
    );
    expect(added.notes).toEqual([
      '2 folders are called “caf\u00E9”, with differently encoded accents: they are one class.',
    ]);
    const rows = await project.database.rows('SELECT relative_path FROM images ORDER BY relative_path');
    expect(rows.map(({ relative_path }) => relative_path)).toEqual([
      'cafe/3.jpg',
      'cafe\u0301/1.jpg',
      'caf\u00E9/2.jpg',
    ]);
  });

  it('are the class of an earlier version that stored the accents apart', async () => {
    await project.database.run("INSERT INTO classes (id, name, first_name) VALUES (0, 'cafe\u0301', 'cafe\u0301')");
    await write('odd/cafe\u0301/1.jpg');
    await add('labelled', 'odd');
    expect(await project.catalogue.classes()).toEqual([{ id: 0, name: 'cafe\u0301' }]);
  });

  it('that look alike are several classes, which is said', async () => {
    await write('odd/Cat/1.jpg', 'odd/cat/2.jpg', 'odd/tr/3.jpg', 'odd/tr /4.jpg');
    expect((await add('labelled', 'odd')).notes).toEqual([
      'The classes “Cat” and “cat” look alike and are 2 classes: merge them if they are one.',
      'The classes “tr” and “tr ” look alike and are 2 classes: merge them if they are one.',
    ]);
    expect((await counts()).classes).toEqual({ Cat: 1, cat: 1, tr: 1, 'tr ': 1 });
  });

  it('without an image are reported until they have one', async () => {
    await write('odd/ant/1.jpg');
    mkdirSync(join(root, 'odd/empty'));
    mkdirSync(join(root, 'odd/words'));
    writeFileSync(join(root, 'odd/words/notes.txt'), 'no picture');
    const added = await add('labelled', 'odd');
    expect(added.classes).toEqual(
      new Map([
        ['ant', 1],
        ['empty', 0],
        ['words', 0],
      ]),
    );
    expect(added.notes).toEqual(['empty', 'words'].map((name) => `The class folder “${name}” has no images in it.`));
    expect(await counts()).toMatchObject({ classes: { ant: 1, empty: 0, words: 0 } });
    await write('odd/empty/1.jpg', 'odd/words/1.jpg');
    expect((await add('labelled', 'odd')).notes).toEqual([]);
    expect((await project.catalogue.summary()).sources[0]?.notes).toEqual([]);
    expect(await counts()).toMatchObject({ classes: { ant: 1, empty: 1, words: 1 } });
  });

  it('beside those of other programs say how many were left out', async () => {
    await write('odd/ant/1.jpg', 'odd/@eaDir/1.jpg', 'odd/ant/@eaDir/1.jpg', 'odd/.private/1.jpg', 'odd/ant/._1.jpg');
    const { classes, notes, leftOut, images } = await add('labelled', 'odd');
    expect([images, classes]).toEqual([1, new Map([['ant', 1]])]);
    expect(notes).toEqual([
      'Left out: 1 folder “.private” (hidden, its name begins with a dot).',
      'Left out: 2 folders “@eaDir” (Synology).',
      'Left out: 1 file “._1.jpg” (macOS).',
    ]);
    expect(leftOut).toContainEqual({ isFolder: true, because: 'Synology', count: 2, names: ['@eaDir'] });
  });

  it.skipIf(process.platform !== 'linux')('whose names are no UTF-8 are listed, and nothing else is lost', async () => {
    await write('odd/ant/1.jpg');
    mkdirSync(Buffer.concat([Buffer.from(join(root, 'odd/lat')), Buffer.of(0xe9)]));
    expect(await add('labelled', 'odd')).toMatchObject({
      images: 1,
      problems: [
        { relativePath: 'lat\\xE9', reason: expect.stringMatching(/the name is not UTF-8: rename the folder/) },
      ],
    });
  });
});

describe.skipIf(process.platform !== 'linux')('long paths', () => {
  it('of 3,000 bytes, with names of 255, are images like others', async () => {
    const [className, file] = ['ü'.repeat(127), `${'n'.repeat(251)}.jpg`];
    const deep = [className, ...Array.from({ length: 10 }, () => 'd'.repeat(255)), file].join('/');
    await write(`all/${deep}`, 'all/ant/1.jpg');
    expect(await add('labelled', 'all')).toMatchObject({ images: 2, problems: [] });
    const found = await findImage(project, join(root, 'all', deep));
    expect(found).toMatchObject({ kind: 'image' });
    const { known } = await knownImage(project, found.kind === 'image' ? found.id : -1);
    expect(known).toMatchObject({ class: className, relativePath: deep, state: 'used' });
    for await (const image of project.catalogue.eachImage()) await openBytes(locateImage(image));
  });

  it('beyond what the system opens are said, and nothing waits for them', async () => {
    await write('all/1.jpg', 'piece/2.jpg');
    // Each piece is moved below the next one, since no single path can be that long.
    const name = 'd'.repeat(250);
    for (let piece = 0; piece < 3; piece++) {
      const steps = Array.from({ length: 7 }, () => name);
      mkdirSync(join(root, `next-${piece}`, ...steps), { recursive: true });
      renameSync(join(root, 'piece'), join(root, `next-${piece}`, ...steps, 'piece'));
      renameSync(join(root, `next-${piece}`), join(root, 'piece'));
    }
    renameSync(join(root, 'piece'), join(root, 'all/piece'));
    const { images, problems } = await add('unlabelled', 'all');
    execFileSync('rm', ['-rf', join(root, 'all')]);
    expect(images).toBe(1);
    expect(problems.map(({ reason }) => reason)).toEqual([
      'the path of the folder is too long for this system: move it nearer to the root',
    ]);
  });
});

describe('a folder inside another one', () => {
  beforeEach(async () => {
    await write('all/train/ant/1.jpg', 'all/train/bee/2.jpg', 'all/rest/3.jpg');
  });

  it.each([
    ['itself a class', 'all/train/ant'],
    ['by a link', 'link'],
  ])('of a labelled source is no unlabelled one: %s', async (_how, folder) => {
    symlinkSync(join(root, 'all/train/ant'), join(root, 'link'));
    await add('labelled', 'all/train');
    await expect(add('unlabelled', folder)).rejects.toThrow(SourcesOverlap);
    await expect(add('unlabelled', folder)).rejects.toThrow(
      /ant lies inside .*train, which was added as labelled \(train\)/,
    );
    await expect(add('unlabelled', 'all/train')).rejects.toThrow(SourceHasOtherUse);
    expect((await project.catalogue.summary()).sources).toHaveLength(1);
  });

  it.each(['labelled', 'unlabelled'] as const)(
    'is left out of the unlabelled one that holds it, which is said: %s first',
    async (first) => {
      const addBoth = {
        labelled: () => add('labelled', 'all/train'),
        unlabelled: () => add('unlabelled', 'all'),
      };
      await addBoth[first]();
      const last = await addBoth[first === 'labelled' ? 'unlabelled' : 'labelled']();
      expect(await counts()).toMatchObject({ classes: { ant: 1, bee: 1 }, unlabelled: 1 });
      const { sources } = await project.catalogue.summary();
      const outer = sources.find(({ kind }) => kind === 'unlabelled');
      expect(outer).toMatchObject({ images: 3, repeated: 2 });
      expect(outer?.notes.at(-1)).toMatch(
        /^2 of its images are in this project already, as the same file or a copy of it/,
      );
      if (first === 'labelled') expect(last.notes).toEqual(outer?.notes);
    },
  );

  it('of held-out images is left out of the training images that hold it; the other way round is refused', async () => {
    await write('all/train/test/ant/9.jpg');
    await add('labelled', 'all/train', 'train');
    await add('labelled', 'all/train/test', 'test');
    expect(await counts()).toMatchObject({ classes: { ant: [1, 1], bee: 1, test: 0 }, repeated: [1, 0] });
    await expect(add('labelled', 'all', 'val')).rejects.toThrow(/holds .*train, which was added as labelled \(train\)/);
    await write('all/train/bee/young/8.jpg');
    await expect(add('labelled', 'all/train/bee', 'train')).rejects.toThrow(SourcesOverlap);
  });

  it('that is unlabelled does not become a class of a labelled one', async () => {
    await add('unlabelled', 'all/rest');
    await expect(add('labelled', 'all')).rejects.toThrow(/holds .*rest, .*unlabelled: its images would become a class/);
  });

  it('that is the project, or holds it, is refused, also by a link', async () => {
    await write('project/mine/1.jpg');
    symlinkSync(join(root, 'project/mine'), join(root, 'link'));
    for (const folder of ['project/mine', 'link', '.']) {
      await expect(add('unlabelled', folder)).rejects.toThrow(SourceOverlapsProject);
    }
  });

  it.skipIf(!canBindMount())('is known by another mount too', async () => {
    mkdirSync(join(root, 'mount'));
    execFileSync('mount', ['--bind', join(root, 'all/train'), join(root, 'mount')]);
    try {
      await add('labelled', 'all/train');
      await expect(add('unlabelled', 'mount')).rejects.toThrow(SourceHasOtherUse);
      await expect(add('unlabelled', 'mount/ant')).rejects.toThrow(SourcesOverlap);
    } finally {
      execFileSync('umount', ['-l', join(root, 'mount')]);
    }
  });
});

describe('one file of two images', () => {
  it.each([
    ['a hard link', linkSync],
    ['a symbolic link', symlinkSync],
  ])('by %s counts once, as the labelled one, which is said', async (_what, link) => {
    await write('labelled/ant/1.jpg', 'labelled/bee/2.jpg', 'rest/3.jpg', 'rest/4.jpg');
    link(join(root, 'labelled/ant/1.jpg'), join(root, 'rest/same.jpg'));
    link(join(root, 'rest/3.jpg'), join(root, 'rest/again.jpg'));
    const first = await add('unlabelled', 'rest');
    expect(first).toMatchObject({ images: 4, repeated: 1 });
    expect(await counts()).toMatchObject({ unlabelled: 3 });
    await add('labelled', 'labelled');
    expect(await counts()).toEqual({ classes: { ant: 1, bee: 1 }, unlabelled: 2, repeated: [2, 0] });
  });
});

async function pathsOf(split: Split): Promise<string[]> {
  const { imageIds } = await project.catalogue.labelledImages(split);
  const paths: string[] = [];
  for await (const { folder, relativePath } of project.catalogue.eachImage({ ids: imageIds }))
    paths.push(relative(root, join(folder, relativePath)));
  return paths;
}

describe('one picture of several files', () => {
  const copy = (from: string, to: string) => {
    mkdirSync(dirname(join(root, to)), { recursive: true });
    copyFileSync(join(root, from), join(root, to));
  };
  beforeEach(async () => {
    await write('all/ant/1.jpg', 'all/ant/2.jpg', 'all/bee/3.jpg', 'all/bee/4.jpg');
  });

  it.each([
    ['copies', copy],
    ['hard links', (from: string, to: string) => linkSync(join(root, from), join(root, to))],
    ['symbolic links', (from: string, to: string) => symlinkSync(join(root, from), join(root, to))],
  ])('in two classes (%s) is said, until they agree, and lies on one side', async (_what, make) => {
    make('all/ant/1.jpg', 'all/bee/wrong.jpg');
    const { notes } = await add('labelled', 'all');
    expect(notes).toEqual([
      '1 picture has more than one class (ant/1.jpg is “ant”, bee/wrong.jpg is “bee”): such a picture counts for each of them until its copies agree; take away the wrong files and look at the folder again, label one by hand, or merge the classes; if images can have several classes, create the project for that (understudy new DIR --several-labels).',
    ]);
    expect((await project.catalogue.summary()).notes).toEqual(notes);
    expect(await counts()).toMatchObject({ classes: { ant: 2, bee: 3 }, repeated: [0] });
    const [image] = await project.database.integers("SELECT id FROM images WHERE relative_path = 'bee/wrong.jpg'");
    expect((await knownImage(project, image ?? -1)).known).toMatchObject({
      state: 'used',
      class: 'bee',
      otherClasses: ['ant'],
    });
    rmSync(join(root, 'all/bee/wrong.jpg'));
    expect((await add('labelled', 'all')).notes).toEqual([]);
    expect((await counts()).classes).toEqual({ ant: 2, bee: 2 });
  });

  it('agrees when a person says so of one copy, or when the classes are one', async () => {
    copy('all/ant/1.jpg', 'all/bee/wrong.jpg');
    await add('labelled', 'all');
    const [wrong] = await project.database.integers("SELECT id FROM images WHERE relative_path = 'bee/wrong.jpg'");
    await project.database.withChosen([wrong ?? -1], () =>
      decide(project.database, { kind: 'label', classId: 0, images: CHOSEN_IMAGES }),
    );
    expect(await counts()).toMatchObject({ classes: { ant: 2, bee: 2 }, repeated: [1] });
    await undoAction(project.database);
    expect(await counts()).toMatchObject({ classes: { ant: 2, bee: 3 }, repeated: [0] });
    await mergeClass(project.database, 1, 0);
    expect(await counts()).toMatchObject({ classes: { ant: 4 }, repeated: [1] });
  });

  it('of one class counts once, held out before training, and never on both sides', async () => {
    copy('all/ant/1.jpg', 'all/ant/again.jpg');
    copy('all/bee/3.jpg', 'test/bee/3.jpg');
    await write('test/ant/9.jpg');
    await add('labelled', 'all');
    expect(await counts()).toMatchObject({ classes: { ant: 2, bee: 2 }, repeated: [1] });
    const { notes } = await add('labelled', 'test', 'test');
    expect(notes).toEqual([]);
    expect(await counts()).toMatchObject({ classes: { ant: [2, 1], bee: [1, 1] }, repeated: [2, 0] });
  });

  it('of two classes is not trained on when it is held out, as a folder says or by the draw', async () => {
    copy('all/ant/1.jpg', 'test/bee/other.jpg');
    for (const name of ['1', '2']) copy(`all/ant/${name}.jpg`, `all/bee/${name}.jpg`);
    await write('test/ant/9.jpg');
    await add('labelled', 'all');
    await project.catalogue.splitTrain({ fraction: 0.5, seed: 3 });
    expect(await pathsOf('val')).toHaveLength(3);
    const contents = async (split: Split) =>
      (await pathsOf(split)).map((path) => readFileSync(join(root, path)).toString('hex'));
    const trained = await contents('train');
    for (const held of await contents('val')) expect(trained).not.toContain(held);
    await add('labelled', 'test', 'test');
    expect(await pathsOf('train')).not.toContain('all/ant/1.jpg');
    expect(await pathsOf('val')).not.toContain('all/ant/1.jpg');
    expect(await pathsOf('test')).toEqual(['test/ant/9.jpg', 'test/bee/other.jpg']);
  });

  it('is not recognised by length alone, and is another one when it changes', async () => {
    const bitmap = (level: number) => Buffer.concat([BITMAP_HEADER, Buffer.alloc(48, level)]);
    mkdirSync(join(root, 'bits/ant'), { recursive: true });
    mkdirSync(join(root, 'bits/bee'));
    writeFileSync(join(root, 'bits/ant/1.bmp'), bitmap(1));
    writeFileSync(join(root, 'bits/bee/2.bmp'), bitmap(2));
    writeFileSync(join(root, 'bits/bee/3.bmp'), bitmap(1));
    expect((await add('labelled', 'bits')).notes).toHaveLength(1);
    writeFileSync(join(root, 'bits/bee/3.bmp'), bitmap(3));
    utimesSync(join(root, 'bits/bee/3.bmp'), 1, 1);
    expect((await add('labelled', 'bits')).notes).toEqual([]);
    expect((await counts()).classes).toEqual({ ant: 1, bee: 2 });
  });
});

/** 4 by 4 pixels of 24 bits. */
const BITMAP_HEADER = (() => {
  const header = Buffer.alloc(54);
  header.write('BM');
  header.writeUInt32LE(54 + 48, 2);
  header.writeUInt32LE(54, 10);
  header.writeUInt32LE(40, 14);
  header.writeInt32LE(4, 18);
  header.writeInt32LE(4, 22);
  header.writeUInt16LE(1, 26);
  header.writeUInt16LE(24, 28);
  header.writeUInt32LE(48, 34);
  return header;
})();

describe('a folder that has no image left', () => {
  it.each(['labelled', 'unlabelled'] as const)('has its images missing, until they are back: %s', async (kind) => {
    await write('all/ant/1.jpg', 'all/bee/2.jpg');
    await add(kind, 'all');
    renameSync(join(root, 'all/ant'), join(root, 'ant'));
    renameSync(join(root, 'all/bee'), join(root, 'bee'));
    writeFileSync(join(root, 'all/notes.txt'), 'moved');
    expect(await add(kind, 'all')).toMatchObject({ images: 0, missing: 2 });
    expect((await project.catalogue.summary()).sources).toMatchObject([{ images: 0, missing: 2, problems: 1 }]);
    renameSync(join(root, 'ant'), join(root, 'all/ant'));
    expect(await add(kind, 'all')).toMatchObject({ images: 1, missing: 1 });
    await expect(add(kind === 'labelled' ? 'unlabelled' : 'labelled', 'all')).rejects.toThrow(SourceHasOtherUse);
  });

  it('is none when it is new', async () => {
    mkdirSync(join(root, 'new'));
    writeFileSync(join(root, 'new/notes.txt'), 'no picture');
    await expect(add('unlabelled', 'new')).rejects.toThrow(FolderWithoutImages);
    expect((await project.catalogue.summary()).sources).toEqual([]);
  });
});

describe('a folder that is known', () => {
  const idsByPath = async () => {
    const rows = await project.database.rows('SELECT id, relative_path FROM images ORDER BY id');
    return rows.map(({ id, relative_path }) => [Number(id), String(relative_path)]);
  };

  it('is looked through by sizes and times: only another version of a file is opened', async () => {
    await write('all/1.jpg', 'all/2.jpg', 'all/3.jpg');
    const spoil = (name: string, seconds: number) => {
      const path = join(root, 'all', name);
      writeFileSync(path, Buffer.alloc(statSync(path).size, 'x'));
      utimesSync(path, seconds, seconds);
    };
    utimesSync(join(root, 'all/1.jpg'), 5, 5);
    await add('unlabelled', 'all');
    spoil('1.jpg', 5);
    spoil('2.jpg', 6);
    rmSync(join(root, 'all/3.jpg'));
    await write('all/0.jpg');
    expect(await add('unlabelled', 'all')).toMatchObject({
      images: 2,
      missing: 2,
      problems: [{ relativePath: '2.jpg', reason: 'a text file, not a picture' }],
    });
    expect(await idsByPath()).toEqual([
      [0, '1.jpg'],
      [1, '2.jpg'],
      [2, '3.jpg'],
      [3, '0.jpg'],
    ]);
  });

  it.each([10, 2047])(
    'with %i images numbers new ones as if all were read: by paths, 2,048 together',
    async (known) => {
      mkdirSync(join(root, 'all/a'), { recursive: true });
      mkdirSync(join(root, 'all/a-b'));
      const bitmap = (path: string) =>
        writeFileSync(join(root, 'all', path), Buffer.concat([BITMAP_HEADER, Buffer.alloc(48)]));
      for (let file = 0; file < known; file++) bitmap(`a/${String(file).padStart(4, '0')}.bmp`);
      await add('unlabelled', 'all');
      bitmap('a/new.bmp');
      bitmap('a-b/new.bmp');
      expect(await add('unlabelled', 'all')).toMatchObject({ images: known + 2, missing: 0 });
      const together = ['a-b/new.bmp', 'a/new.bmp'];
      const expected = known === 2047 ? together.toReversed() : together;
      expect((await idsByPath()).slice(known)).toEqual(expected.map((path, index) => [known + index, path]));
    },
  );
});

function canBindMount(): boolean {
  if (process.platform !== 'linux' || process.getuid?.() !== 0) return false;
  const probe = mkdtempSync(join(tmpdir(), 'understudy-mount-'));
  try {
    execFileSync('mount', ['--bind', probe, probe], { stdio: 'ignore' });
    execFileSync('umount', ['-l', probe]);
    return true;
  } catch {
    return false;
  }
}
