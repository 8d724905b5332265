/** What can be tested of the Linux installers without building them: that they can be built, and how they are started. */
import { mkdtempSync, readdirSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { basename, dirname, extname, join } from 'node:path';
import { beforeAll, expect, it } from 'vitest';
import { createProject } from '../../main/catalogue/project.ts';

/** The packager's inputs and the files it writes before packaging. */
interface Target {
  readonly options: object;
  /** Rejects if something is missing. */
  checkOptions?(): Promise<object>;
  readonly helper: {
    computeDesktopEntry(options: object): Promise<string>;
    /** The path of the MIME package; null without any type. */
    readonly mimeTypeFiles: Promise<string | null>;
  };
  /** For an AppImage, which starts differently. */
  readonly desktopEntry?: { readonly value: Promise<string> };
}
interface Packager {
  _appInfo: unknown;
  validateConfig(): Promise<void>;
}
type LinuxPackager = new (
  packager: Packager,
) => { createTargets(names: string[], add: (name: string, make: (folder: string) => Target) => void): void };

const packer = createRequire(createRequire(import.meta.url).resolve('app-builder-lib'));
const targets = new Map<string, Target>();

beforeAll(async () => {
  const { Packager, Platform } = packer('./index.js') as {
    Packager: new (options: object) => Packager;
    Platform: { LINUX: { createTarget(): unknown } };
  };
  const { AppInfo } = packer('./appInfo.js') as { AppInfo: new (packager: Packager, build: null) => unknown };
  const { LinuxPackager } = packer('./linuxPackager.js') as { LinuxPackager: LinuxPackager };
  const packager = new Packager({
    projectDir: process.cwd(),
    targets: Platform.LINUX.createTarget(),
    publish: 'never',
  });
  // Rejects anything in electron-builder.cjs that is not a setting.
  await packager.validateConfig();
  packager._appInfo = new AppInfo(packager, null);
  new LinuxPackager(packager).createTargets(['appimage', 'deb'], (name, make) => targets.set(name, make(tmpdir())));
});

it('has all the metadata of a deb', async () => {
  expect(await targets.get('deb')?.checkOptions?.()).toMatchObject({
    name: 'understudy',
    maintainer: expect.stringMatching(/^Understudy <.+@.+>$/),
  });
});

it('starts within Chromium’s sandbox, with the double-clicked file, and its windows are recognised as its own', async () => {
  const deb = targets.get('deb');
  const entries = [
    await deb?.helper.computeDesktopEntry(deb.options),
    await targets.get('appimage')?.desktopEntry?.value,
  ];
  for (const entry of entries) {
    expect(entry).toMatch(/^Exec=\S+ %U$/m);
    expect(entry).toMatch(/^MimeType=application\/x-understudy-project;$/m);
    // As Electron names them, after its desktop entry.
    expect(entry).toMatch(/^StartupWMClass=understudy$/m);
  }
});

it('registers the type of the file that opens a project', async () => {
  const folder = join(mkdtempSync(join(tmpdir(), 'understudy-type-')), 'birds');
  await (await createProject(folder)).close();
  const [file = ''] = readdirSync(folder).filter((name) => name.startsWith(`${basename(folder)}.`));
  const types = readFileSync((await targets.get('deb')?.helper.mimeTypeFiles) ?? '', 'utf8');
  expect(types).toContain('<mime-type type="application/x-understudy-project">');
  expect(types).toContain(`<glob pattern="*${extname(file)}"/>`);
});

it('registers it on Windows for a single user too', () => {
  // The packager's documentation says otherwise; its template writes for the user who runs the installer.
  const include = join(dirname(packer.resolve('app-builder-lib')), '..', 'templates', 'nsis', 'include');
  const script = readFileSync(join(include, 'FileAssociation.nsh'), 'utf8');
  const [, associate = ''] = /!macro APP_ASSOCIATE EXT(.*?)!macroend/s.exec(script) ?? [];
  const writes = associate.split('\n').filter((line) => /WriteReg/.test(line));
  expect(writes.length).toBeGreaterThan(5);
  for (const write of writes) expect(write).toMatch(/WriteReg\w+ SHELL_CONTEXT "Software\\Classes\\/);
});
