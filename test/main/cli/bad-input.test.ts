/** Every bad input gets one clear sentence on stderr and a non-zero exit, and loses nothing. */
import { execFileSync } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openProject } from '../../../main/catalogue/project.ts';
import { deviceName } from '../../../main/engines/device.ts';
import { supportedDevices } from '../../../main/engines/engines.ts';
import { writeSafetensors } from '../../../main/models/safetensors.ts';
import { here } from '../command-here.ts';
import { cli, type Finished, jsonLines, startCli } from '../command-line.ts';
import { writeJpeg } from '../image-files.ts';
import { BRIEF, createSampleProject, generateMiniature, QUICK, requireDone } from '../sample-project.ts';
import { canMountTmpfs } from '../small-disk.ts';

const root = mkdtempSync(join(tmpdir(), 'understudy-bad-'));
const base = join(root, 'base');
let sample: Awaited<ReturnType<typeof generateMiniature>>;

beforeAll(async () => {
  sample = await generateMiniature(root);
  await createSampleProject(base, sample);
});
afterAll(() => rmSync(root, { recursive: true, force: true }));

let copies = 0;
/** Each test that changes a project gets its own copy. */
function projectCopy(): string {
  const directory = join(root, `copy-${copies++}`);
  cpSync(base, directory, { recursive: true });
  return directory;
}

async function emptyProject(): Promise<string> {
  const directory = join(root, `empty-${copies++}`);
  requireDone(await here('new', directory));
  return directory;
}

function expectSentence(finished: Finished, code: number, sentence: RegExp): void {
  const lines = finished.stderr.trim().split('\n');
  expect(lines.at(-1)).toMatch(sentence);
  expect(finished.stderr).not.toMatch(/\n\s+at /);
  expect(finished.code).toBe(code);
}

/** Labelled folders with these numbers of images per class. */
async function labelledFolder(counts: Readonly<Record<string, number>>): Promise<string> {
  const folder = join(root, `labelled-${copies++}`);
  let seed = 1;
  for (const [name, count] of Object.entries(counts)) {
    for (let index = 0; index < count; index++) await writeJpeg(join(folder, name, `${index}.jpg`), { seed: seed++ });
  }
  return folder;
}

describe('adding images', () => {
  it('from a folder that is missing', async () => {
    expectSentence(await here('add', base, '--labelled', join(root, 'nowhere')), 1, /There is no folder .*nowhere/);
  });

  it('from an empty folder', async () => {
    mkdirSync(join(root, 'nothing'));
    expectSentence(
      await here('add', base, '--unlabelled', join(root, 'nothing')),
      1,
      /There is no image in .*nothing was added/,
    );
  });

  it('from a folder where every file is broken', async () => {
    const folder = join(root, 'all-broken');
    mkdirSync(join(folder, 'a'), { recursive: true });
    writeFileSync(join(folder, 'a', 'one.jpg'), 'no picture');
    writeFileSync(join(folder, 'a', 'two.jpg'), '');
    expectSentence(
      await here('add', base, '--labelled', folder),
      1,
      /None of the 2 files .* can be used .*nothing was added/,
    );
  });

  it('from inside the project', async () => {
    const project = projectCopy();
    await writeJpeg(join(project, 'mine', 'a', 'x.jpg'));
    expectSentence(await here('add', project, '--labelled', join(project, 'mine')), 1, /lie inside one another/);
  });

  it('without saying whether they are labelled', async () => {
    expectSentence(await here('add', base), 2, /either --labelled PATH or --unlabelled PATH/);
  });

  it('to a folder that is not a project', async () => {
    expectSentence(
      await here('add', root, '--unlabelled', sample.unlabelled),
      1,
      /There is no project in .*understudy new/,
    );
  });
});

describe('creating a project', () => {
  it('where one already exists', async () => {
    const before = readFileSync(join(base, 'understudy.json'), 'utf8');
    expectSentence(await here('new', base), 1, /There is a project in .* already/);
    expect(readFileSync(join(base, 'understudy.json'), 'utf8')).toBe(before);
  });

  it('in a folder with other contents', async () => {
    expectSentence(await here('new', sample.labelled), 1, /is not empty/);
  });

  it.skipIf(process.platform !== 'linux')('in a write-protected place', async () => {
    expectSentence(await here('new', '/sys/understudy'), 1, /may not be written/);
  });
});

describe('running the method', () => {
  it('on images of one class only', async () => {
    const project = await emptyProject();
    requireDone(await here('add', project, '--labelled', await labelledFolder({ only: 4 })));
    requireDone(await here('add', project, '--unlabelled', sample.unlabelled));
    expectSentence(
      await here('run', project, ...QUICK, '--set', 'label.topP=1'),
      1,
      /All labelled images are of one class .*at least two/,
    );
  });

  it('on a class with one image says so and continues', async () => {
    const project = await emptyProject();
    requireDone(await here('add', project, '--labelled', await labelledFolder({ many: 10, one: 1 })));
    requireDone(await here('add', project, '--unlabelled', sample.unlabelled));
    const short = ['label.topP=1', 'batch=4', 'teacher.training.images=16'];
    const finished = await here('teacher', project, ...BRIEF, ...short);
    expect(finished.stderr).toMatch(/The class “one” has a single labelled image/);
    expect(finished.code).toBe(0);
  });

  it('with more images per class than there are', async () => {
    expectSentence(
      await here('select', base, ...QUICK, '--set', 'select.k=5000'),
      2,
      /select\.k is 5000, but .* only \d+ unlabelled/,
    );
  });

  it('with more classes per image than there are', async () => {
    expectSentence(
      await here('label', base, ...QUICK, '--set', 'label.topP=30'),
      2,
      /label\.topP is 30, but .* 8 classes/,
    );
  });

  it('with a recipe that has a typo', async () => {
    const recipe = join(root, 'typo.json');
    writeFileSync(recipe, JSON.stringify({ pretrain: { imagse: 100 } }));
    expectSentence(
      await here('run', base, '--recipe', recipe),
      2,
      /no setting “pretrain\.imagse”; did you mean “pretrain\.images”/,
    );
    expectSentence(await here('run', base, '--set', 'selct.k=3'), 2, /no setting “selct”; did you mean “select”/);
    expectSentence(await here('run', base, '--set', 'select.k=many'), 2, /The recipe's select\.k is "many"/);
    expectSentence(await here('run', base, '--recipe', 'papper'), 2, /There is no recipe “papper”.*paper/);
  });

  it('with an experiment or a document that is no file, before anything runs', async () => {
    expectSentence(
      await here('experiment', base, './none.yaml'),
      2,
      /none\.yaml cannot be read: there is no such file\.$/m,
    );
    expectSentence(await here('experiment', base, `${root}/`), 2, /cannot be read: it is a folder\.$/m);
    const built = ['experiment', base, 'fine-tuning', ...QUICK, '--seeds', '1', '--markdown'];
    expectSentence(await here(...built, root), 2, /cannot take the results: it is a folder\.$/m);
    expectSentence(
      await here(...built, join(root, 'none', 'study.md')),
      2,
      /cannot be written: its folder is not there\.$/m,
    );
    expectSentence(await here('parity', join(root, 'none.json')), 1, /cannot be read \(there is no such file\)/);
  });

  it('on a device that is not there', async () => {
    expectSentence(
      await here('run', base, '--device', 'dml'),
      2,
      /There is no device “directml” here: choose one of auto/,
    );
  });

  it.runIf(supportedDevices().some((device) => deviceName(device) === 'webgpu'))(
    'on a graphics card that does not answer',
    async () => {
      const run = [
        'run',
        projectCopy(),
        '--recipe',
        'demo',
        '--device',
        'webgpu',
        '--set',
        'imageSizePx=32',
        'select.k=12',
      ];
      const { code, stderr } = await startCli(run, { VK_DRIVER_FILES: 'none' }).finished;
      expect(stderr).toMatch(/No graphics card answers for the device webgpu: choose another one \(understudy doctor/);
      expect(stderr).not.toMatch(/bug/);
      expect(code).toBe(1);
    },
  );

  it('without any image', async () => {
    expectSentence(await here('run', await emptyProject()), 1, /no readable labelled image/);
  });

  it('with an option that does not exist', async () => {
    const finished = await here('run', base, '--fast');
    expect(finished.stderr).toMatch(/unknown option '--fast'/);
    expect(finished.code).toBe(2);
  });
});

describe('opening a project', () => {
  it('that is open in another process', async () => {
    const project = projectCopy();
    const held = await openProject(project);
    try {
      expectSentence(
        await cli('status', project),
        1,
        new RegExp(`is open in another process \\(number ${process.pid}\\)`),
      );
    } finally {
      await held.close();
    }
    expect((await cli('status', join(project, `${basename(base)}.understudy`))).code).toBe(0);
  });

  it('of a newer version leaves it unchanged', async () => {
    const project = projectCopy();
    const description = JSON.stringify({ version: 99, name: 'Later', createdAt: '2031-01-01' });
    writeFileSync(join(project, 'understudy.json'), description);
    const before = readFileSync(join(project, 'catalogue.duckdb'));
    expectSentence(await here('run', project), 1, /made by a newer Understudy .*update Understudy/);
    expect(readFileSync(join(project, 'catalogue.duckdb')).equals(before)).toBe(true);
    expect(readFileSync(join(project, 'understudy.json'), 'utf8')).toBe(description);
  });

  it('whose catalogue is damaged', async () => {
    const project = projectCopy();
    writeFileSync(join(project, 'catalogue.duckdb'), 'this is no database');
    expectSentence(await here('status', project), 1, /The catalogue is damaged \(.*cannot be opened/);
  });
});

describe('classifying', () => {
  it('with a model of another architecture', async () => {
    const path = join(root, 'transformer.safetensors');
    await writeSafetensors(path, new Map([['blocks.0.attn.qkv.weight', { shape: [2, 2], data: new Float32Array(4) }]]));
    expectSentence(
      await here('classify', path, sample.heldOut),
      1,
      /is no .*ResNeXt.*: its tensors do not have torchvision's or timm's names and shapes/,
    );
  });

  it('with a file that is not a model', async () => {
    const path = join(root, 'notes.safetensors');
    writeFileSync(path, 'some notes, long enough to have eight bytes');
    expectSentence(await here('classify', path, sample.heldOut), 1, /is not a model that can be read/);
    const onnx = join(root, 'student.onnx');
    expectSentence(await here('classify', onnx, sample.heldOut), 1, /is an ONNX network: .* bring it into a project/);
  });
});

it.skipIf(!canMountTmpfs())('a full disk stops the work with a sentence and loses nothing', async () => {
  const mount = join(root, 'small-disk');
  mkdirSync(mount);
  execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=24m', 'tmpfs', mount]);
  try {
    const project = join(mount, 'project');
    cpSync(base, project, { recursive: true });
    const filler = join(mount, 'filler');
    writeFileSync(filler, Buffer.alloc(1024));
    for (let written = true; written; ) {
      try {
        writeFileSync(filler, Buffer.alloc(64 * 1024), { flag: 'a' });
      } catch {
        written = false;
      }
    }
    expectSentence(await here('run', project, ...BRIEF), 1, /[Dd]isk (is full|has too little room)/);
    rmSync(filler);
    const events = jsonLines(await here('run', project, ...BRIEF, '--json')).map(({ event }) => event);
    expect([...events.slice(0, 2), events.at(-1)]).toEqual(['beginning', 'estimate', 'summary']);
  } finally {
    execFileSync('umount', ['-l', mount]);
  }
});
