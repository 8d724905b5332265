/**
 * Files from an address, served by a real server on this machine: stored atomically, resumed if possible, refused in a
 * sentence if not. And the folder where they are stored, which all projects share.
 */
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { afterAll, beforeAll, beforeEach, expect, it, test } from 'vitest';
import { Interrupted, WrongUsage } from '../../../main/failure.ts';
import { saveModel } from '../../../main/models/checkpoint.ts';
import { architecture } from '../../../main/models/family.ts';
import { initialState } from '../../../main/models/network.ts';
import { lookAtAddress } from '../../../main/pipeline/models-folder/address.ts';
import { download, requireDigits } from '../../../main/pipeline/models-folder/download.ts';
import {
  chooseModelsFolder,
  findModel,
  listModels,
  rememberBrought,
} from '../../../main/pipeline/models-folder/models-folder.ts';
import { DiskFull } from '../../../main/system-failure.ts';
import { here } from '../command-here.ts';
import { startCli } from '../command-line.ts';
import { canMountTmpfs, fillDisk } from '../small-disk.ts';
import { settings } from '../test-settings.ts';

const root = mkdtempSync(join(tmpdir(), 'understudy-models-'));
const content = Buffer.from(Array.from({ length: 300_000 }, (_, index) => (index * 31 + (index >> 8)) % 251));
const other = Buffer.from(content.toReversed());
const sha256 = (bytes: Buffer) => createHash('sha256').update(bytes).digest('hex');
const signal = new AbortController().signal;

/** The Range headers that the server received. */
let asked: (string | undefined)[] = [];
let address: string;
let folder: string;

type Answer = (request: IncomingMessage, response: ServerResponse) => void;

/** A part if one of the same file is requested, else all of it. */
function serve(bytes: Buffer, tag: string | undefined, cutAt?: () => number | undefined): Answer {
  return (request, response) => {
    const { range, 'if-range': ifRange } = request.headers;
    const from = Number(/^bytes=(\d+)-$/.exec(range ?? '')?.[1] ?? 0);
    const part = from > 0 && ifRange === tag;
    const rest = part ? bytes.subarray(from) : bytes;
    response.writeHead(part ? 206 : 200, {
      'content-length': rest.length,
      ...(tag === undefined ? {} : { etag: tag }),
      ...(part ? { 'content-range': `bytes ${from}-${bytes.length - 1}/${bytes.length}` } : {}),
    });
    const end = cutAt?.();
    if (end === undefined) response.end(rest);
    else response.write(rest.subarray(0, end), () => response.socket?.end());
  };
}

/**
 * Cuts off after this many bytes the first time that the file itself is requested, which follows the initial
 * inspection.
 */
const onceCutAt = (bytes: number) => () => (asked.length === 2 ? bytes : undefined);

const answers = new Map<string, Answer>();
const server = createServer((request, response) => {
  asked.push(request.headers.range);
  const answer = answers.get(request.url ?? '');
  if (answer) answer(request, response);
  else response.writeHead(404).end('nothing here');
});

beforeAll(async () => {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  address = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});
beforeEach(() => {
  folder = mkdtempSync(join(root, 'folder-'));
  asked = [];
});
afterAll(() => {
  server.closeAllConnections();
  server.close();
  rmSync(root, { recursive: true });
});

async function untilIsFilled(path: string): Promise<void> {
  while (!existsSync(path) || statSync(path).size === 0) await wait(20);
}

async function get(path: string, options: Partial<Parameters<typeof download>[2]> = {}) {
  return await download(await lookAtAddress(address + path, signal), folder, { signal, ...options });
}

test('a file comes whole under its own name, with its SHA-256 and its progress', async () => {
  answers.set('/nets/a%20net.onnx', serve(content, '"one"'));
  expect(await lookAtAddress(`${address}/nets/a%20net.onnx`, signal)).toMatchObject({
    ...{ name: 'a_net.onnx', bytes: content.length, host: new URL(address).host },
  });
  const seen: (readonly [number, number | undefined])[] = [];
  const found = await get('/nets/a%20net.onnx', { onProgress: (done, total) => seen.push([done, total]) });
  expect(found).toEqual({ file: join(folder, 'a_net.onnx'), bytes: content.length, sha256: sha256(content) });
  expect(readFileSync(found.file).equals(content)).toBe(true);
  expect(seen.at(-1)).toEqual([content.length, content.length]);
  // The same file again is recognised; another one with its name gets a name of its own.
  expect((await get('/nets/a%20net.onnx')).file).toBe(found.file);
  answers.set('/nets/a%20net.onnx', serve(other, '"two"'));
  expect((await get('/nets/a%20net.onnx')).file).toBe(join(folder, 'a_net-2.onnx'));
  expect(readdirSync(folder).sort()).toEqual(['a_net-2.onnx', 'a_net.onnx']);
});

test('a common file name is extended by the preceding part of the address', async () => {
  answers.set('/timm/resnet50.a1_in1k/resolve/main/model.safetensors', serve(content, undefined));
  const { name } = await lookAtAddress(`${address}/timm/resnet50.a1_in1k/resolve/main/model.safetensors`, signal);
  expect(name).toBe('resnet50.a1_in1k-model.safetensors');
});

test('a download resumes where its connection was cut', async () => {
  answers.set('/cut.onnx', serve(content, '"one"', onceCutAt(100_000)));
  const { file } = await get('/cut.onnx');
  expect(readFileSync(file).equals(content)).toBe(true);
  const [, , again] = asked;
  expect(Number(/^bytes=(\d+)-$/.exec(again ?? '')?.[1])).toBeGreaterThan(0);
});

test('a download of a changed file starts over', async () => {
  const first = serve(content, '"one"', onceCutAt(100_000));
  const second = serve(other, '"two"');
  answers.set('/changed.onnx', (request, response) => (asked.length <= 2 ? first : second)(request, response));
  const { file } = await get('/changed.onnx');
  expect(readFileSync(file).equals(other)).toBe(true);
  expect(asked).toHaveLength(3);
});

test('what a server sends without saying its length, or without anything to go on by, comes as well', async () => {
  answers.set('/chunked.onnx', (_, response) => {
    response.write(content.subarray(0, 1000));
    response.end(content.subarray(1000));
  });
  expect((await lookAtAddress(`${address}/chunked.onnx`, signal)).bytes).toBeNull();
  expect(readFileSync((await get('/chunked.onnx')).file).equals(content)).toBe(true);
  answers.set('/no-tag.onnx', serve(content, undefined, onceCutAt(50_000)));
  expect(readFileSync((await get('/no-tag.onnx')).file).equals(content)).toBe(true);
  expect(asked.every((range) => range === undefined)).toBe(true);
});

test('a missing file, or one that is not a model, is refused in one sentence, and nothing is kept', async () => {
  const html = (_: IncomingMessage, response: ServerResponse) =>
    response.writeHead(200, { 'content-type': 'application/octet-stream' }).end('<!DOCTYPE html><html></html>');
  answers.set('/blob/main/page.onnx', html);
  answers.set('/pointer.onnx', (_, response) => response.end('version https://git-lfs.github.com/spec/v1\noid'));
  answers.set('/closed.onnx', (_, response) => response.writeHead(403).end());
  answers.set('/broken.onnx', (_, response) => response.writeHead(500).end());
  answers.set('/round.onnx', (_, response) => response.writeHead(302, { location: '/round.onnx' }).end());
  answers.set('/out.onnx', (_, response) => response.writeHead(302, { location: 'http://192.0.2.1/x.onnx' }).end());
  answers.set('/unnamed', serve(content, '"one"'));
  const sentences: Readonly<Record<string, RegExp>> = {
    '/missing.onnx': /There is no file at .*404/,
    '/blob/main/page.onnx': /gives a web page in place of a model file.*\/resolve\//,
    '/pointer.onnx': /gives a pointer to a file in Git LFS/,
    '/closed.onnx': /not open to everybody \(403\)/,
    '/broken.onnx': /answered with 500/,
    '/round.onnx': /leads from one address to another without end/,
    '/out.onnx': /which is not an https address/,
    '/unnamed': /does not say what kind of file it gives/,
  };
  for (const [path, words] of Object.entries(sentences)) await expect(get(path), path).rejects.toThrow(words);
  for (const wrong of [
    'http://192.0.2.1/net.onnx',
    'ftp://a.example/net.onnx',
    'https://',
    'https://me:you@a.example/n.onnx',
  ]) {
    await expect(lookAtAddress(wrong, signal), wrong).rejects.toThrow(WrongUsage);
  }
  await expect(lookAtAddress('http://127.0.0.1:1/net.onnx', signal)).rejects.toThrow(/does not answer \(/);
  answers.set('/wanted.onnx', serve(content, '"one"'));
  await expect(get('/wanted.onnx', { sha256: '00000000' })).rejects.toThrow(/gave another file than expected/);
  expect(readdirSync(folder)).toEqual([]);
  expect((await get('/wanted.onnx', { sha256: sha256(content).slice(0, 12).toUpperCase() })).bytes).toBe(
    content.length,
  );
  for (const digits of ['1234567', 'no digits', '0'.repeat(65)])
    expect(() => requireDigits(digits)).toThrow(WrongUsage);
});

test('a silent server is not waited for endlessly, and the part received is kept', async () => {
  let silent = true;
  const whole = serve(content, '"one"');
  answers.set('/silent.onnx', (request, response) => {
    if (!silent || asked.length === 1) return whole(request, response);
    const from = Number(/^bytes=(\d+)-$/.exec(request.headers.range ?? '')?.[1] ?? 0);
    const headers = { 'content-length': content.length - from, etag: '"one"' };
    const range = { 'content-range': `bytes ${from}-${content.length - 1}/${content.length}` };
    response.writeHead(from > 0 ? 206 : 200, from > 0 ? { ...headers, ...range } : headers);
    return from === 0 ? response.write(content.subarray(0, 1000)) : response.flushHeaders();
  });
  await expect(get('/silent.onnx', { patienceMs: 100 })).rejects.toThrow(
    /stopped sending silent\.onnx after 1000 B \(it fell silent\): it continues from there/,
  );
  expect(readFileSync(join(folder, 'silent.onnx.part')).equals(content.subarray(0, 1000))).toBe(true);
  silent = false;
  expect(readFileSync((await get('/silent.onnx')).file).equals(content)).toBe(true);
  expect(asked.at(-1)).toBe('bytes=1000-');
});

it.skipIf(!canMountTmpfs())(
  'a full disk is said, before and while the file comes, and the rest comes afterwards',
  async () => {
    answers.set('/large.onnx', serve(content, '"one"'));
    answers.set('/unknown.onnx', (_, response) => {
      response.write(content);
      response.end();
    });
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=1m', 'tmpfs', folder]);
    try {
      writeFileSync(join(folder, 'filler'), Buffer.alloc(800 * 1024));
      await expect(get('/large.onnx')).rejects.toThrow(/has too little room: large\.onnx needs 293 KiB/);
      await expect(get('/unknown.onnx')).rejects.toThrow(DiskFull);
      rmSync(join(folder, 'filler'));
      expect((await get('/unknown.onnx')).bytes).toBe(content.length);
      fillDisk(join(folder, 'filler'));
    } finally {
      execFileSync('umount', ['-l', folder]);
    }
  },
);

test('Ctrl+C ends the command with 130, and the same command goes on', async () => {
  const project = join(root, 'interrupted');
  expect((await here('new', project)).code).toBe(0);
  const whole = serve(content, '"one"');
  let hold = true;
  answers.set('/held.onnx', (request, response) => {
    if (!hold || asked.length === 1) return whole(request, response);
    response.writeHead(200, { 'content-length': content.length, etag: '"one"' });
    response.write(content.subarray(0, 70_000));
    return void untilIsFilled(join(settings, 'models', 'held.onnx.part')).then(() => held.process.kill('SIGINT'));
  });
  const held = startCli(['bring', project, `${address}/held.onnx`, '--yes']);
  const stopped = await held.finished;
  expect(stopped.stderr).toBe(
    'Stopped as asked; what was downloaded is kept: run the same command again to continue.\n',
  );
  expect(stopped.code).toBe(130);
  hold = false;
  const again = await here('bring', project, `${address}/held.onnx`, '--yes');
  expect(asked.at(-1)).toMatch(/^bytes=[1-9]\d*-$/);
  // It is not a network, which is reported about the file that now exists.
  expect(again.stdout).toContain(`SHA-256 ${sha256(content)}`);
  expect(again.code).toBe(1);
  expect(readFileSync(join(settings, 'models', 'held.onnx')).equals(content)).toBe(true);
});

test('nothing is downloaded where nobody said yes', async () => {
  const project = join(root, 'unasked');
  await here('new', project);
  answers.set('/unasked.onnx', serve(content, '"one"'));
  const { code, stderr } = await here('bring', project, `${address}/unasked.onnx`);
  expect(code).toBe(2);
  expect(stderr).toMatch(
    /^Download unasked\.onnx of 293 KiB from 127\.0\.0\.1:\d+ to .*\? There is no terminal to ask on: confirm with --yes\.\n$/,
  );
  expect(asked).toHaveLength(1);
});

test('an interrupted download says so, whoever began it', async () => {
  const stop = new AbortController();
  answers.set('/stopped.onnx', (request, response) => {
    if (asked.length === 1) return serve(content, '"one"')(request, response);
    response.writeHead(200, { 'content-length': content.length });
    return response.write(content.subarray(0, 10), () => stop.abort());
  });
  await expect(get('/stopped.onnx', { signal: stop.signal })).rejects.toThrow(Interrupted);
});

test('the shared folder says what each file is, takes names, and is one sentence where it is away', async () => {
  const own = join(root, 'settings');
  const network = architecture('small-basic', 2);
  const weights = initialState(network, 1);
  const saved = { network, weights, classNames: ['a', 'b'], imageSizePx: 32, provenance: {} };
  mkdirSync(join(folder, 'small'));
  await saveModel(join(folder, 'small', 'model.safetensors'), saved);
  writeFileSync(join(folder, 'small', 'LICENSE'), '\nMIT License\nmore');
  writeFileSync(join(folder, 'broken.pth'), 'no pickle');
  writeFileSync(join(folder, 'broken.licence.txt'), 'CC BY 4.0');
  writeFileSync(join(folder, 'notes.txt'), 'no model');
  await saveModel(join(root, 'elsewhere.safetensors'), saved);
  expect((await listModels(own)).files).toEqual([]);
  await chooseModelsFolder(own, folder);
  await rememberBrought(own, join(root, 'elsewhere.safetensors'));
  await rememberBrought(own, join(folder, 'broken.pth'));
  const { files, away } = await listModels(own);
  expect(away).toBeNull();
  expect(files).toMatchObject([
    { name: 'broken.pth', licence: 'CC BY 4.0', bytes: 9 },
    { name: join('small', 'model.safetensors'), licence: 'MIT License' },
    { name: join(root, 'elsewhere.safetensors'), licence: null },
  ]);
  expect(files[0]?.says).toMatch(/broken\.pth/);
  expect(files[1]?.says).toMatch(/^A network of the kind ResNet or ResNeXt: .* 2 classes, made for about 32 pixels\.$/);
  expect(await findModel(own, join('small', 'model.safetensors'))).toBe(join(folder, 'small', 'model.safetensors'));
  expect(await findModel(own, 'no such')).toBe('no such');
  renameSync(folder, `${folder}-away`);
  expect((await listModels(own)).away).toMatch(
    /^The folder of models .* is not there: connect its disk, or choose another/,
  );
  await expect(chooseModelsFolder(own, folder)).rejects.toThrow(/There is no folder/);
  renameSync(`${folder}-away`, folder);
});
