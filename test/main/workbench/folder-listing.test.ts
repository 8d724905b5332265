import { mkdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import {
  FolderNotListable,
  FolderNotMade,
  folderInsides,
  listFolder,
  makeFolder,
} from '../../../main/workbench/projects/folder-listing.ts';
import { temporaryFolder } from './workbench-context.ts';

it('lists folders and models by name, counts images, and hides what is hidden', async () => {
  const folder = temporaryFolder();
  for (const name of ['b 10', 'b 2', 'Ähre', '.git']) mkdirSync(join(folder, name));
  for (const name of [
    'm.safetensors',
    'w.th',
    'W.PTH',
    'one.JPG',
    'two.png',
    'notes.txt',
    'x.tar',
    'list.csv',
    'a.parquet',
    '.hidden.jpg',
  ]) {
    writeFileSync(join(folder, name), '');
  }
  symlinkSync(join(folder, 'b 2'), join(folder, 'linked'));
  symlinkSync(join(folder, 'nowhere'), join(folder, 'broken'));
  const listing = await listFolder(folder);
  expect(listing.folders.map(({ name }) => name)).toEqual(['Ähre', 'b 2', 'b 10', 'linked']);
  expect(listing.models).toEqual(
    ['m.safetensors', 'W.PTH', 'w.th'].map((name) => ({ name, file: join(folder, name) })),
  );
  expect(listing.sources.map(({ name }) => name)).toEqual(['a.parquet', 'list.csv', 'x.tar']);
  expect(listing.pictures).toEqual(['one.JPG', 'two.png'].map((name) => join(folder, name)));
  expect([listing.images, listing.folder, listing.parent]).toEqual([2, folder, join(folder, '..')]);
});

it('looks into each folder, and shows the first pictures by name', async () => {
  const folder = temporaryFolder();
  for (const name of ['photos/deep', 'empty']) mkdirSync(join(folder, name), { recursive: true });
  for (const name of ['a', 'b', 'c', 'd', 'e', 'f', 'g']) {
    writeFileSync(join(folder, `${name}.jpg`), '');
    writeFileSync(join(folder, 'photos', `${name}.png`), '');
  }
  writeFileSync(join(folder, 'photos', 'read me.txt'), '');
  expect(await folderInsides(folder)).toEqual([
    { folder: join(folder, 'empty'), images: 0, folders: 0, more: false },
    { folder: join(folder, 'photos'), images: 7, folders: 1, more: false },
  ]);
  const { images, pictures } = await listFolder(folder);
  expect([images, pictures.length, pictures[0]]).toEqual([7, 6, join(folder, 'a.jpg')]);
});

it('counts at most a thousand images', async () => {
  const folder = temporaryFolder();
  for (let index = 0; index < 1003; index++) writeFileSync(join(folder, `${index}.jpg`), '');
  expect((await listFolder(folder)).images).toBe(1000);
});

it('starts in the home folder, and offers the recent folders that exist', async () => {
  const [here, gone] = [temporaryFolder(), temporaryFolder()];
  rmSync(gone, { recursive: true });
  const { folder, places } = await listFolder(undefined, [here, gone, here]);
  expect(folder).toBe(homedir());
  expect(places[0]).toEqual({ name: 'Home', folder: homedir() });
  expect(places.filter((place) => [here, gone].includes(place.folder)).map((place) => place.folder)).toEqual([here]);
});

it('has no parent at the top of a disk', async () => {
  expect((await listFolder('/')).parent).toBeNull();
});

it('says why a folder cannot be listed', async () => {
  const folder = temporaryFolder();
  writeFileSync(join(folder, 'file'), '');
  await expect(listFolder(join(folder, 'nowhere'))).rejects.toThrow(/The folder .*nowhere no longer exists/);
  await expect(listFolder(join(folder, 'file'))).rejects.toThrow(/is a file/);
  await expect(listFolder('images')).rejects.toThrow(FolderNotListable);
  await expect(listFolder(`${folder}\0/etc`)).rejects.toThrow(/is not an absolute path/);
});

it('makes a folder inside an existing one', async () => {
  const folder = temporaryFolder();
  expect((await makeFolder(join(folder, 'new'))).folder).toBe(join(folder, 'new'));
  expect((await makeFolder(join(folder, 'new'))).folders).toEqual([]);
  await expect(makeFolder(join(folder, 'not', 'there'))).rejects.toThrow(FolderNotMade);
});

it.skipIf(process.platform !== 'linux')(
  'opens folders with a backslash in their names, and lists those that no text path can reach',
  async () => {
    const folder = temporaryFolder();
    mkdirSync(join(folder, 'back\\slash', 'in\nside'), { recursive: true });
    mkdirSync(join(folder, '\uFFFD'));
    mkdirSync(Buffer.concat([Buffer.from(join(folder, 'lat')), Buffer.of(0xe9)]));
    writeFileSync(Buffer.concat([Buffer.from(join(folder, 'pic')), Buffer.of(0xe9), Buffer.from('.jpg')]), '');
    const { folders, unopenable, images } = await listFolder(folder);
    expect(folders.map(({ name }) => name)).toEqual(expect.arrayContaining(['\uFFFD', 'back\\slash']));
    expect([folders.length, unopenable, images]).toEqual([2, ['lat\\xE9'], 0]);
    for (const { folder: inner } of folders) expect((await listFolder(inner)).folder).toBe(inner);
    const inner = await listFolder(join(folder, 'back\\slash'));
    expect(inner.folders).toEqual([{ name: 'in\nside', folder: join(folder, 'back\\slash', 'in\nside') }]);
  },
);
