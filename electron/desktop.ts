/** Puts the desktop application together: the workbench, its door behind the scheme, the window, and the system's services. */
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { runProbesBy } from '../main/doctor/probe-runner.ts';
import { ExpectedFailure, messageOf } from '../main/failure.ts';
import { startProcessesBy } from '../main/jobs/process-starter.ts';
import { PageFiles } from '../main/server/page-files.ts';
import { projectsFolder, settingsFolder } from '../main/settings-folder.ts';
import type { Job } from '../main/workbench/contract/jobs.ts';
import type { Workbench } from '../main/workbench/services.ts';
import { createWorkbench } from '../main/workbench/workbench.ts';
import { bugLog } from './bug-log.ts';
import { answerCalls } from './calls.ts';
import { computeInUtilityProcess } from './compute-in-utility-process.ts';
import { createDesktopDoor } from './desktop-door.ts';
import type { ElectronHost } from './electron-host.ts';
import { InterruptedJobs } from './interrupted-jobs.ts';
import { JobWatch } from './job-watch.ts';
import { menuTemplate } from './menu.ts';
import { guardNavigation } from './navigation-rules.ts';
import type { OpenRequests } from './open-requests.ts';
import { PageWindow } from './page-window.ts';
import { probeInUtilityProcess } from './probe-process.ts';
import { programArguments, projectArgument } from './project-argument.ts';
import { QuitGuard } from './quit-guard.ts';
import { recentDocument } from './recent-document.ts';
import { PARTITION, SCHEME } from './scheme.ts';
import { restrictSession } from './session-rules.ts';
import { words } from './words.ts';

/** The application's files, and how it was started. */
export interface DesktopStart {
  readonly pageFolder: string;
  readonly preload: string;
  readonly licences: string;
  readonly commandLine: readonly string[];
  readonly workingFolder: string;
}

/**
 * For the built desktop.js at this address: its files are beside the archive in a package, and in the project in a checkout.
 */
export function licencesFor(address: string): string {
  const packaged = /\/app\.asar(\.unpacked)?\//.test(address);
  return fileURLToPath(new URL(packaged ? '../../licences.txt' : '../LICENSE', address));
}

/** The files beside the built desktop.js. */
const thisStart = (): DesktopStart => ({
  pageFolder: fileURLToPath(new URL('./renderer', import.meta.url)),
  preload: fileURLToPath(new URL('./preload.cjs', import.meta.url)),
  licences: licencesFor(import.meta.url),
  commandLine: process.argv,
  workingFolder: process.cwd(),
});

/** Resolves with the workbench once the window is being opened. */
export async function openDesktop(
  electron: ElectronHost,
  requests: OpenRequests,
  start: DesktopStart = thisStart(),
): Promise<Workbench> {
  const { app, shell } = electron;
  const settings = settingsFolder();
  mkdirSync(settings, { recursive: true });
  const logBug = bugLog(join(settings, 'desktop.log'));
  app.on('web-contents-created', (_event, contents) => guardNavigation(contents, shell));
  runProbesBy(probeInUtilityProcess(electron));
  startProcessesBy(computeInUtilityProcess(electron));
  const workbench = createWorkbench({
    settingsFolder: settings,
    projectsFolder: projectsFolder(),
    host: 'desktop',
    version: app.getVersion(),
  });
  const window: PageWindow = new PageWindow({
    electron,
    preload: start.preload,
    stateFile: join(settings, 'window.json'),
    // On macOS an application keeps running without a window.
    mayClose: () => quitting.windowMayClose || (process.platform === 'darwin' && !quitting.going),
    pageGone: () => door.endAnswers(),
    sessionEnding: (reasons) => quitting.sessionEnding(reasons),
    sessionEnded: () => quitting.sessionEnded(),
  });
  const currentWindow = () => window.current;
  const jobs = new JobWatch(electron, currentWindow, (job) => window.show(pathOf(job)));
  const interrupted = new InterruptedJobs({
    electron,
    currentWindow,
    jobs: workbench.jobs,
    showJobs: () => window.show('/jobs'),
    logBug,
  });
  const listening = new AbortController();
  workbench.events.listen((event) => {
    if (event.kind !== 'jobChanged') return;
    jobs.see(event.job);
    interrupted.see(event.job);
  }, listening.signal);
  const quitting = new QuitGuard({
    electron,
    currentWindow,
    runningJobs: () => jobs.running,
    close: async () => {
      interrupted.end();
      await workbench.close();
      listening.abort();
    },
    endAtOnce: () => {
      window.keepPlace();
      // The log is written at once. Node's own exit would end its threads while they compute, which aborts.
      process.kill(process.pid, 'SIGKILL');
    },
    logBug,
  });
  const refreshMenu = () => void showMenu().catch(logBug);
  const projectOpened = (folder: string) => {
    app.addRecentDocument(recentDocument(folder, process.platform));
    refreshMenu();
  };
  const door = createDesktopDoor({ workbench, pageFiles: new PageFiles(start.pageFolder), projectOpened, logBug });

  const openProject = async (path: string): Promise<void> => {
    try {
      const { id, folder } = await workbench.projects.open(path);
      projectOpened(folder);
      window.show(`/projects/${id}/collection`);
    } catch (error) {
      if (!(error instanceof ExpectedFailure)) logBug(error);
      window.show();
      sayCannotOpen(messageOf(error)).catch(logBug);
    }
  };
  /** Beside the page, which can be used meanwhile. */
  const sayCannotOpen = async (detail: string): Promise<void> => {
    await electron.dialog.showMessageBox({
      type: 'error',
      message: words.cannotOpen,
      detail,
      buttons: [words.close],
    });
  };
  const pickProject = async (): Promise<void> => {
    const { filePaths } = await electron.dialog.showOpenDialog({ properties: ['openDirectory'] });
    if (filePaths[0] !== undefined) await openProject(filePaths[0]);
  };
  const showMenu = async (): Promise<void> => {
    const { recents } = await workbench.projects.start();
    const template = menuTemplate(
      { platform: process.platform, packaged: app.isPackaged, recents: recents.filter(({ present }) => present) },
      {
        show: (path) => window.show(path),
        openProject: () => void pickProject().catch(logBug),
        openRecent: (folder) => void openProject(folder),
        showProjectsFolder: () => void shell.openPath(projectsFolder()).catch(logBug),
        showLicences: () => shell.showItemInFolder(start.licences),
      },
    );
    electron.Menu.setApplicationMenu(electron.Menu.buildFromTemplate(template));
  };

  // With our listener, Electron does not quit by itself: closing the last window has already requested it.
  app.on('window-all-closed', () => undefined);
  await app.whenReady();
  // Not earlier: macOS also activates an application while it starts.
  app.on('activate', () => window.show());
  const session = electron.session.fromPartition(PARTITION);
  restrictSession(session, app.isPackaged);
  session.protocol.handle(SCHEME, door.handle);
  answerCalls(electron, currentWindow);
  await showMenu();
  const open = async (project: string | null): Promise<void> => {
    if (project === null) window.show();
    else await openProject(project);
  };
  await open(projectArgument(programArguments(start.commandLine, app.isPackaged), start.workingFolder));
  requests.listen((project) => void open(project));
  return workbench;
}

function pathOf(job: Job): string {
  const view = job.kind === 'runMethod' ? 'teacher' : job.kind === 'runExperiment' ? 'experiments' : null;
  return job.projectId === null || view === null ? '/jobs' : `/projects/${job.projectId}/${view}`;
}
