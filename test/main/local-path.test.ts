import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterAll, describe, expect, it } from 'vitest';
import { path } from '../../main/api/validation.ts';
import { createProject } from '../../main/catalogue/project.ts';
import { commandLine } from '../../main/cli/command-line.ts';
import { localPath, NotOfThisMachine } from '../../main/local-path.ts';

const root = mkdtempSync(join(tmpdir(), 'understudy-addresses-'));
afterAll(() => rmSync(root, { recursive: true, force: true }));

describe('a path', () => {
  it.each([
    's3://bucket/images',
    'gs://b',
    'https://example.org/x.zip',
    'smb://nas/photos',
    'file://nas/photos',
    'S3://B',
  ])('that is the address %s is refused with what is wanted', (address) => {
    expect(() => localPath(address)).toThrow(NotOfThisMachine);
    expect(() => localPath(address)).toThrow(`${address} is an address, but a folder on this machine is needed`);
    expect(path.safeParse(address).error?.issues[0]?.message).toMatch(/a folder on this machine is needed/);
  });

  it('of a file:// address of this machine is that file’s', () => {
    const folder = join(root, 'été & co');
    expect(localPath(pathToFileURL(folder).href)).toBe(folder);
    expect(path.parse(pathToFileURL(folder).href)).toBe(folder);
  });

  it.each(['/data/s3:/images', 'C:\\images', 'c://images', './s3://x', 'a:b', '-x', ''])(
    '%j is a path as it is',
    (given) => {
      expect(localPath(given)).toBe(given);
    },
  );
});

it('of an address is refused by every command that takes one', async () => {
  const project = join(root, 'project');
  await (await createProject(project)).close();
  const address = 's3://bucket/images';
  const commands = [
    ['new', address],
    ['add', address, '--unlabelled', root],
    ...['run', 'teacher', 'label', 'select', 'student', 'evaluate', 'report', 'status'].map((name) => [name, address]),
    ['run', project, '--recipe', address],
    ['classify', address, root],
    ['export', address, '--what', 'onnx', '--to', root],
    ['export', project, '--what', 'onnx', '--to', address],
    ['demo', address],
    ['parity', address],
  ];
  // Images in object storages can be added and classified, those at other addresses cannot.
  const elsewhere = 'gs://bucket/images';
  for (const kind of ['--labelled', '--unlabelled']) commands.push(['add', project, kind, elsewhere]);
  commands.push(['reconnect', project, elsewhere, root], ['classify', join(root, 'model.safetensors'), elsewhere]);
  for (const args of commands) {
    const command = commandLine(new AbortController().signal).parseAsync(['node', 'understudy', ...args]);
    await expect(command, args.join(' ')).rejects.toThrow(
      /(s3|gs):\/\/bucket\/images is an address, but a (folder|file) on this machine/,
    );
  }
});
