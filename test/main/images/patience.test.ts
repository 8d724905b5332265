import { mkdirSync, mkdtempSync, renameSync, rmSync, symlinkSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { ImageUnreachable, undecodable, unreachable, wasUnreachable } from '../../../main/images/image-failures.ts';
import { type FileLocator, placeOf, withOpenImage } from '../../../main/images/image-locator.ts';
import { openBytes } from '../../../main/images/open-bytes.ts';
import { MachineShort, Patience, SourceAway } from '../../../main/images/patience.ts';

/** An error as thrown by the operating system. */
function systemError(code: string): Error {
  return Object.assign(new Error(`${code}: as libuv says it, open '/somewhere'`), { code, syscall: 'open', errno: -1 });
}

/** A source with one file, and a `Patience` whose waits are recorded and call `meanwhile`. */
function newSource(meanwhile: (waits: number) => void = () => {}) {
  const folder = join(mkdtempSync(join(tmpdir(), 'understudy-source-')), 'images');
  mkdirSync(folder);
  writeFileSync(join(folder, 'a.jpg'), 'the bytes');
  const waits: number[] = [];
  const sleep = async (ms: number) => void meanwhile(waits.push(ms));
  const image = (relativePath: string): FileLocator => ({ kind: 'file', folder, relativePath });
  const patience = new Patience({ sleep });
  const read = (name: string, open: (locator: FileLocator) => Promise<Buffer> = openBytes) =>
    patience.tried(placeOf(image(name)), () => open(image(name)));
  const failing = (code: string, times = Number.POSITIVE_INFINITY) => {
    let failures = 0;
    return async (locator: FileLocator) => {
      if (failures++ < times) throw unreachable(systemError(code));
      return await openBytes(locator);
    };
  };
  return { folder, image, waits, read, failing };
}

describe('what the operating system says', () => {
  it.each([
    ...[
      'ENOENT',
      'ENOTDIR',
      'EISDIR',
      'EACCES',
      'EPERM',
      'EIO',
      'EMFILE',
      'ENFILE',
      'ESTALE',
      'ENETDOWN',
      'ENETUNREACH',
    ],
    ...[
      'EHOSTDOWN',
      'EHOSTUNREACH',
      'ETIMEDOUT',
      'ENODEV',
      'ENXIO',
      'EBUSY',
      'ELOOP',
      'ENOMEM',
      'ENAMETOOLONG',
      'EREMOTEIO',
    ],
    'UNKNOWN',
    'EANYTHINGELSE',
  ])('%s is never taken for damage', (code) => {
    expect(unreachable(systemError(code))).toBeInstanceOf(ImageUnreachable);
    expect(wasUnreachable(systemError(code).message)).toBe(true);
  });

  it('is told from a bug, and from what the decoder says of the file', () => {
    const bug = new TypeError('x is not a function');
    expect(unreachable(bug)).toBe(bug);
    expect(undecodable(new Error('vips: out of memory'), 'png')).toMatchObject({ obstacle: 'machine' });
    expect(undecodable(new Error('VipsJpeg: premature end of JPEG image'), 'jpeg')).not.toBeInstanceOf(
      ImageUnreachable,
    );
    for (const said of [
      'VipsJpeg: premature end of JPEG image',
      'the file is empty',
      'Extent in iloc box: EXIF: wrong',
    ])
      expect(wasUnreachable(said)).toBe(false);
    expect(wasUnreachable('is missing: /images/a.jpg')).toBe(true);
  });
});

describe('a file', () => {
  it('is read whole or from its beginning, in the version that was asked for', async () => {
    const { image } = newSource();
    const [start, end, version] = await withOpenImage(image('a.jpg'), async (open) => [
      await open.read(0, 3),
      await open.read(4, 100),
      open.version,
    ]);
    expect([start.toString(), end.toString(), version.bytes]).toEqual(['the', 'bytes', 9]);
    expect((await openBytes({ ...image('a.jpg'), version })).toString()).toBe('the bytes');
    utimesSync(join(image('').folder, 'a.jpg'), 1, 1);
    await expect(openBytes({ ...image('a.jpg'), version })).rejects.toMatchObject({ obstacle: 'replaced' });
    writeFileSync(join(image('').folder, 'a.jpg'), 'other bytes');
    await expect(openBytes({ ...image('a.jpg'), version })).rejects.toMatchObject({ obstacle: 'replaced' });
  });

  it('that a folder or a dead link stands for is not taken for damaged', async () => {
    const { folder, image } = newSource();
    mkdirSync(join(folder, 'b.jpg'));
    await expect(openBytes(image('b.jpg'))).rejects.toMatchObject({ obstacle: 'gone' });
    symlinkSync(join(folder, 'away', 'c.jpg'), join(folder, 'c.jpg'));
    await expect(openBytes(image('c.jpg'))).rejects.toMatchObject({ obstacle: 'unreachable' });
  });
});

describe('patience', () => {
  it('reads again what did not come the first times', async () => {
    const { read, failing, waits } = newSource();
    expect((await read('a.jpg', failing('ESTALE', 2))).toString()).toBe('the bytes');
    expect((await read('a.jpg', failing('EMFILE', 3))).toString()).toBe('the bytes');
    expect(waits).toEqual([100, 400, 100, 400, 1500]);
  });

  it('waits for no single file that is gone while its folder is there', async () => {
    const { read, waits } = newSource();
    await expect(read('gone.jpg')).rejects.toMatchObject({ obstacle: 'gone', message: 'the file is gone' });
    expect(waits).toEqual([]);
  });

  it('ends the work at once when the folder was never there', async () => {
    const { folder, read, waits } = newSource();
    rmSync(folder, { recursive: true });
    await expect(read('a.jpg')).rejects.toThrow(SourceAway);
    await expect(read('a.jpg')).rejects.toThrow(`The folder ${folder} is not there: connect it again`);
    expect(waits).toEqual([]);
  });

  it('waits for a folder that was there, and goes on when it is back', async () => {
    const source = newSource((waits) => {
      if (waits === 2) renameSync(`${source.folder}-away`, source.folder);
    });
    await source.read('a.jpg');
    renameSync(source.folder, `${source.folder}-away`);
    expect((await source.read('a.jpg')).toString()).toBe('the bytes');
    expect(source.waits).toEqual([100, 400]);
  });

  it('takes an empty folder for one whose disk is away', async () => {
    const { folder, read, waits } = newSource();
    await read('a.jpg');
    rmSync(join(folder, 'a.jpg'));
    await expect(read('a.jpg')).rejects.toThrow(/is not there \(an empty one is in its place\)/);
    expect(waits).toHaveLength(4);
  });

  it('reports single files that cannot be read, waits for few of them, and ends the work if none can be read', async () => {
    const { read, failing, waits } = newSource();
    for (let file = 0; file < 31; file++) {
      await expect(read('a.jpg', failing('EIO'))).rejects.toMatchObject({ obstacle: 'unreachable' });
    }
    expect(waits).toHaveLength(3 * 4);
    await expect(read('a.jpg', failing('EIO'))).rejects.toThrow(/32 of its files in a row could not be read \(.*EIO/);
    await read('a.jpg');
    await expect(read('a.jpg', failing('EIO'))).rejects.toMatchObject({ obstacle: 'unreachable' });
  });

  it('ends the work where this process may open no more files', async () => {
    const { read, failing, waits } = newSource();
    await expect(read('a.jpg', failing('EMFILE'))).rejects.toThrow(MachineShort);
    await expect(read('a.jpg', failing('EMFILE'))).rejects.toThrow(/too many files open: .*ulimit -n/);
    expect(waits).toHaveLength(8);
  });
});
