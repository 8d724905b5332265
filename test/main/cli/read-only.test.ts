/**
 * A project on a read-only disk: it can be viewed like any other, nothing of it changes, and commands that would write say so.
 */
import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { createWorkbench } from '../../../main/workbench/workbench.ts';
import { here } from '../command-here.ts';
import { BRIEF, createSampleProject, generateMiniature, requireDone } from '../sample-project.ts';

it.skipIf(!canMount())(
  'can be viewed from the command line and the workbench',
  async () => {
    const root = mkdtempSync(join(tmpdir(), 'understudy-read-only-'));
    const [written, project] = [join(root, 'written'), join(root, 'read-only')];
    const sample = await generateMiniature(root);
    await createSampleProject(written, sample);
    requireDone(await here('run', written, ...BRIEF));
    mkdirSync(project);
    execFileSync('mount', ['--bind', written, project]);
    try {
      execFileSync('mount', ['-o', 'remount,ro,bind', project]);
      const before = timesOf(written);
      const [status, report] = [await here('status', project), await here('report', project)];
      expect(requireDone(status).stdout).toMatch(/evaluate-\w+ +succeeded/);
      expect(requireDone(report).stdout).toMatch(/is read-only: its report\.html was not changed/);
      mkdirSync(join(root, 'out'));
      requireDone(await here('export', project, '--what', 'selection', '--to', join(root, 'out')));
      const estimate = requireDone(await here('run', project, '--estimate')).stdout;
      expect(estimate).toMatch(/\n {2}Teacher +96 +done\n/);
      expect(estimate).toMatch(/Everything has already been done with these settings: it is reused at once\.\n$/);
      for (const args of [
        ['run', project],
        ['add', project, '--unlabelled', sample.unlabelled],
      ]) {
        const { code, stderr } = await here(...args);
        expect({ code, stderr }).toEqual({ code: 1, stderr: expect.stringMatching(/may not be written.*\n$/) });
      }
      const settingsFolder = join(root, 'settings');
      const workbench = createWorkbench({ settingsFolder, projectsFolder: root, host: 'browser', version: '0' });
      const { id } = await workbench.projects.open(project);
      const [labelling] = (await workbench.ranks.overview(id)).labelRuns;
      expect(labelling).toBeDefined();
      const [evaluated] = await workbench.runs.evaluations(id);
      expect((await workbench.runs.evaluation(id, evaluated?.runId ?? '')).models.length).toBeGreaterThan(1);
      await workbench.pictures.thumbnail(id, 0, 64, new AbortController().signal);
      await expect(workbench.collection.createClass(id, 'another')).rejects.toThrow(
        /may only be read|may not be written/,
      );
      await workbench.close();
      expect(timesOf(written)).toEqual(before);
    } finally {
      execFileSync('umount', ['-l', project]);
      rmSync(root, { recursive: true, force: true });
    }
  },
  240_000,
);

function timesOf(folder: string): Record<string, number> {
  const names = readdirSync(folder, { recursive: true, encoding: 'utf8' }).sort();
  return Object.fromEntries(names.map((name) => [name, statSync(join(folder, name)).mtimeMs]));
}

function canMount(): boolean {
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
