/** Long work on the desktop: the computer stays awake, the end is announced, quitting waits for a checkpoint. */
import { existsSync } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, it, vi } from 'vitest';
import { InterruptedJobs } from '../../electron/interrupted-jobs.ts';
import { JobWatch } from '../../electron/job-watch.ts';
import { QuitGuard } from '../../electron/quit-guard.ts';
import { jobFileName, writeJobFile } from '../../main/catalogue/job-files.ts';
import type { Job, JobState } from '../../main/workbench/contract/jobs.ts';
import { electronStandIn, NotificationStandIn, preventable, WindowStandIn } from './electron-stand-in.ts';
import { desktop, quit, temporaryHome } from './open-desktop.ts';

const POLL = { timeout: 120_000 };

function job(state: JobState, change: Partial<Job> = {}): Job {
  return {
    id: 'job-1',
    kind: 'runMethod',
    projectId: 'abc',
    projectName: 'Birds',
    title: 'Training the teacher',
    state,
    waitsFor: null,
    progress: null,
    stall: null,
    reason: null,
    createdAt: new Date(Date.now() - 60_000).toISOString(),
    startedAt: new Date(Date.now() - 60_000).toISOString(),
    finishedAt: null,
    runId: null,
    device: null,
    result: null,
    can: state === 'interrupted' ? ['resume', 'cancel'] : [],
    ...change,
  };
}

const progress = (done: number, total: number | null, whole: number | null = null) =>
  ({
    label: 'Teacher',
    model: null,
    done,
    total,
    unit: 'images',
    perSecond: null,
    secondsLeft: null,
    detail: '',
    whole: whole === null ? null : { share: whole, secondsLeft: null },
  }) as const;

function watching() {
  const electron = electronStandIn();
  const window = new WindowStandIn({ webPreferences: {} });
  const shown: Job[] = [];
  const watch = new JobWatch(
    electron.host,
    () => window as never,
    (seen) => shown.push(seen),
  );
  return { electron, window, shown, watch };
}

it('keeps the computer awake while anything runs, and no longer', () => {
  const { electron, watch } = watching();
  watch.see(job('queued'));
  expect(electron.awake.size).toBe(0);
  watch.see(job('running'));
  watch.see(job('running', { id: 'job-2' }));
  watch.see(job('succeeded'));
  expect(electron.awake.size).toBe(1);
  watch.see(job('paused', { id: 'job-2' }));
  expect(electron.awake.size).toBe(0);
});

it('shows progress in the taskbar, and nothing when the work is over', () => {
  const { window, watch } = watching();
  watch.see(job('running'));
  watch.see(job('running', { progress: progress(25, 100) }));
  watch.see(job('running', { progress: progress(7, null) }));
  watch.see(job('running', { progress: progress(100, 100, 0.5) }));
  watch.see(job('succeeded'));
  expect(window.progress).toEqual([2, 0.25, 2, 0.5, -1]);
});

it('notifies a person who looks elsewhere of the end of long work, and leads to it', () => {
  const { window, shown, watch } = watching();
  const end = (state: JobState, change: Partial<Job> = {}) => {
    watch.see(job('running', change));
    watch.see(job(state, change));
  };
  end('succeeded', { startedAt: new Date().toISOString() });
  end('cancelled');
  end('paused');
  window.focused = true;
  end('succeeded');
  expect(NotificationStandIn.shown).toEqual([]);
  window.focused = false;
  end('succeeded');
  end('failed', { reason: 'The disk is full: make room.' });
  watch.see(job('failed', { id: 'found failed at the start' }));
  expect(NotificationStandIn.shown.map(({ options }) => options)).toEqual([
    { title: 'Done: Training the teacher', body: '' },
    { title: 'Failed: Training the teacher', body: 'The disk is full: make room.' },
  ]);
  expect(window.flashes).toEqual([true, true]);
  window.emit('focus');
  expect(window.flashes.slice(2)).toEqual([false, false]);
  NotificationStandIn.shown[0]?.emit('click');
  expect(shown.map(({ state }) => state)).toEqual(['succeeded']);
});

function quitting(running: readonly Job[], close: () => Promise<void>, sessionEndMs = 20_000) {
  const electron = electronStandIn();
  const bugs: unknown[] = [];
  let ends = 0;
  const guard = new QuitGuard({
    electron: electron.host,
    currentWindow: () => null,
    runningJobs: () => running,
    close,
    endAtOnce: () => {
      ends += 1;
    },
    logBug: (error) => bugs.push(error),
    sessionEndMs,
  });
  return { electron, guard, bugs, endedAtOnce: () => ends };
}

it('quits without a question where nothing runs, after everything is closed', async () => {
  let closed = false;
  const { electron, guard } = quitting([], async () => {
    closed = true;
  });
  electron.app.quit();
  expect([electron.app.quitted, guard.windowMayClose]).toEqual([0, false]);
  await expect.poll(() => electron.app.quitted, POLL).toBe(1);
  expect([closed, electron.boxes.length]).toEqual([true, 0]);
});

it('asks if a job is running, and keeps working if the person wants', async () => {
  let closes = 0;
  const { electron, guard } = quitting([job('running')], async () => {
    closes += 1;
  });
  electron.answers.push(1);
  electron.app.quit();
  await expect.poll(() => guard.going, POLL).toBe(false);
  expect(electron.boxes[0]).toMatchObject({
    message: '“Training the teacher” is still running.',
    buttons: ['Stop and quit', 'Keep working'],
  });
  expect([closes, electron.app.quitted]).toEqual([0, 0]);
});

it('waits for the checkpoint, says so, and quits then', async () => {
  let reached: () => void = () => undefined;
  const { electron } = quitting(
    [job('running')],
    () =>
      new Promise((resolve) => {
        reached = resolve;
      }),
  );
  electron.answers.push(0, new Promise(() => undefined));
  electron.app.quit();
  electron.app.quit();
  await expect.poll(() => electron.boxes.length, POLL).toBe(2);
  expect(electron.boxes[1]?.message).toBe('Stopping at the next checkpoint');
  expect(electron.app.quitted).toBe(0);
  reached();
  await expect.poll(() => electron.app.quitted, POLL).toBe(1);
  expect(electron.boxes.length).toBe(2);
});

it('exits at once, without Electron’s own exit, when the person no longer waits', async () => {
  const { electron, endedAtOnce } = quitting([job('running')], () => new Promise(() => undefined));
  electron.answers.push(0, 1);
  electron.app.quit();
  await expect.poll(endedAtOnce, POLL).toBe(1);
  expect(electron.app.quitted).toBe(0);
});

it('also exits when closing fails, since something may still compute, and logs the failure', async () => {
  const { electron, bugs, endedAtOnce } = quitting([], () => Promise.reject(new Error('broken')));
  electron.app.quit();
  await expect.poll(endedAtOnce, POLL).toBe(1);
  expect(bugs).toEqual([new Error('broken')]);
  expect(electron.app.quitted).toBe(0);
});

it('asks Windows to wait while work stops, without a question, and quits then', async () => {
  let reached: () => void = () => undefined;
  const stopping = new Promise<void>((resolve) => {
    reached = resolve;
  });
  const { electron, guard, endedAtOnce } = quitting([job('running')], () => stopping);
  expect(guard.sessionEnding(['shutdown'])).toBe(true);
  expect(guard.going).toBe(true);
  // Further messages from Windows, and its closing of a window, change nothing.
  guard.sessionEnded();
  electron.app.quit();
  reached();
  await expect.poll(() => electron.app.quitted, POLL).toBe(1);
  expect([electron.boxes, endedAtOnce()]).toEqual([[], 0]);
});

it('stops work without asking Windows to wait if it would not', () => {
  for (const reasons of [['critical'], ['close-app'], ['logoff', 'critical']] as const) {
    const { guard } = quitting([job('running')], () => new Promise(() => undefined));
    expect([guard.sessionEnding([...reasons]), guard.going], String(reasons)).toEqual([false, true]);
  }
});

it('keeps running while Windows only asks and nothing runs, and closes the projects when the session ends', async () => {
  const { electron, guard } = quitting([], async () => undefined);
  expect([guard.sessionEnding(['logoff']), guard.going]).toEqual([false, false]);
  guard.sessionEnded();
  await expect.poll(() => electron.app.quitted, POLL).toBe(1);
});

it('waits no longer than Windows does, even with an open question', async () => {
  const { electron, guard, endedAtOnce } = quitting([job('running')], () => new Promise(() => undefined), 20);
  let answer: (button: number) => void = () => undefined;
  electron.answers.push(
    new Promise((resolve) => {
      answer = resolve;
    }),
  );
  electron.app.quit();
  expect(guard.sessionEnding(['shutdown'])).toBe(true);
  answer(1);
  await expect.poll(endedAtOnce, POLL).toBe(1);
  expect([electron.app.quitted, electron.boxes.length]).toEqual([0, 1]);
});

it('quits even if it cannot show that it is waiting', async () => {
  const { electron, bugs } = quitting([job('running')], () => new Promise((resolve) => setTimeout(resolve, 50)));
  electron.answers.push(0, Promise.reject(new Error('no window')));
  electron.app.quit();
  await expect.poll(() => electron.app.quitted, POLL).toBe(1);
  expect(bugs).toEqual([new Error('no window')]);
});

it('can be asked to quit again after a question that could not be asked', async () => {
  const { electron, guard, bugs } = quitting([job('running')], async () => undefined);
  electron.answers.push(Promise.reject(new Error('no window')));
  electron.app.quit();
  await expect.poll(() => bugs, POLL).toHaveLength(1);
  expect(guard.going).toBe(false);
  electron.app.quit();
  await expect.poll(() => electron.app.quitted, POLL).toBe(1);
});

it.each(['quitting at once', 'the end of the session'])(
  'kills its own process at %s, with the window’s place kept',
  async (end) => {
    const home = temporaryHome();
    const opened = await desktop({ home });
    const kill = vi.spyOn(process, 'kill').mockReturnValue(true);
    const { close } = opened.workbench;
    opened.workbench.close = () => new Promise(() => undefined);
    await opened.workbench.devices.examine();
    await expect.poll(() => opened.electron.awake.size, POLL).toBe(1);
    if (end === 'quitting at once') {
      opened.electron.answers.push(0, 1);
      opened.electron.app.quit();
    } else {
      const event = Object.assign(preventable(), { reasons: ['shutdown'] });
      opened.window().emit('query-session-end', event);
      expect(event.prevented()).toBe(true);
      opened.window().emit('session-end', { reasons: ['shutdown'] });
    }
    await expect.poll(() => kill.mock.calls, POLL).toEqual([[process.pid, 'SIGKILL']]);
    expect(existsSync(join(home, 'window.json'))).toBe(true);
    expect(opened.electron.app.quitted).toBe(0);
    kill.mockRestore();
    await close();
  },
);

function offering(answer: number, jobs: readonly Job[]) {
  const electron = electronStandIn();
  electron.answers.push(answer);
  const windows = [new WindowStandIn({ webPreferences: {} })];
  const [resumed, shown, bugs]: [string[], string[], unknown[]] = [[], [], []];
  const interrupted = new InterruptedJobs({
    electron: electron.host,
    currentWindow: () => (windows[0] ?? null) as never,
    jobs: {
      list: () => jobs,
      act: async (id, action) => {
        if (id === 'job-gone') throw new Error('gone');
        resumed.push(`${action} ${id}`);
        return job('queued', { id });
      },
    },
    showJobs: () => shown.push('jobs'),
    logBug: (error) => bugs.push(error),
    gatherMs: 0,
  });
  return { electron, interrupted, resumed, shown, bugs, windows };
}

it('offers in one question what was interrupted, with what happened', async () => {
  const found = [
    job('interrupted', { reason: 'Understudy ended during this work.' }),
    job('interrupted', { id: 'job-2', reason: 'Understudy ended before this work.' }),
  ];
  // The second was resumed on the page while the question was open.
  const { electron, interrupted, resumed } = offering(0, [found[0] ?? job('queued'), job('running', { id: 'job-2' })]);
  for (const each of found) interrupted.see(each);
  interrupted.see(job('succeeded', { id: 'job-3' }));
  await expect.poll(() => resumed, POLL).toEqual(['resume job-1']);
  expect(electron.boxes).toHaveLength(1);
  expect(electron.boxes[0]).toMatchObject({
    message: '2 jobs were interrupted.',
    detail: expect.stringContaining('Understudy ended during this work.'),
  });
});

it('waits with the question until there is a window, and resumes the others where one cannot', async () => {
  const found = [job('interrupted', { id: 'job-gone' }), job('interrupted')];
  const { electron, interrupted, resumed, bugs, windows } = offering(0, found);
  const [window] = windows.splice(0);
  for (const each of found) interrupted.see(each);
  await new Promise((resolve) => setTimeout(resolve, 50));
  expect(electron.boxes).toEqual([]);
  if (window) windows.push(window);
  await expect.poll(() => resumed, POLL).toEqual(['resume job-1']);
  expect(electron.boxes[0]?.message).toBe('2 jobs were interrupted.');
  expect(bugs).toEqual([new Error('gone')]);
});

it('leaves interrupted work alone when the person wants to look first, or when Understudy is quitting', async () => {
  const { interrupted, resumed, shown, electron } = offering(1, []);
  interrupted.see(job('interrupted'));
  await expect.poll(() => shown, POLL).toEqual(['jobs']);
  expect(resumed).toEqual([]);
  interrupted.end();
  interrupted.see(job('interrupted', { id: 'job-4' }));
  expect(electron.boxes).toHaveLength(1);
});

it('finds at the next start what a crash interrupted, and resumes it when asked', async () => {
  const home = temporaryHome();
  const first = await desktop({ home });
  const { folder } = await first.workbench.projects.create(join(home, 'project'), 'Birds');
  await quit(first);
  await writeRunningRecord(folder);
  const second = await desktop({ home });
  await expect.poll(() => second.electron.boxes.length, POLL).toBe(1);
  expect(second.electron.boxes[0]).toMatchObject({ message: '“Training all” was interrupted.' });
  await expect.poll(() => second.workbench.jobs.list()[0]?.state, POLL).not.toBe('interrupted');
  await quit(second);
});

/** The state left by a process that died during its work. */
async function writeRunningRecord(folder: string): Promise<void> {
  const {
    projectId: _projectId,
    can: _can,
    waitsFor: _waitsFor,
    projectName: _projectName,
    stall: _stall,
    ...shown
  } = job('running', {
    ...{ id: 'job-crashed-1', title: 'Training all' },
  });
  const parameters = { goal: 'teacher', set: [] };
  await mkdir(join(folder, 'jobs'), { recursive: true });
  const path = join(folder, 'jobs', jobFileName(shown.id));
  await writeJobFile(path, {
    kept: [],
    ...shown,
    result: null,
    version: 1,
    lane: 'compute',
    hardware: null,
    log: [],
    parameters,
  });
}
