/** Puts the workbench together: one context, and the desks around it. */
import { classifiedFile } from './classifications.ts';
import { CollectionDesk } from './collection-desk.ts';
import { createContext, type WorkbenchContext } from './context.ts';
import { DecisionsDesk } from './decisions-desk.ts';
import { DevicesDesk } from './devices-desk.ts';
import { DuplicateWindows } from './duplicate-windows.ts';
import { JobsDesk } from './jobs-desk.ts';
import { PicturesDesk } from './pictures-desk.ts';
import { type HostFacts, ProjectsDesk } from './projects-desk.ts';
import { RanksDesk } from './ranks-desk.ts';
import { RanksStates } from './ranks-states.ts';
import { RunsDesk } from './runs-desk.ts';
import type { Workbench } from './services.ts';
import { openUnfinishedProjects } from './unfinished-projects.ts';
import { UseDesk } from './use-desk.ts';

export interface WorkbenchOptions extends HostFacts {
  readonly settingsFolder: string;
}

/** `context` is given by whoever needs the projects beside the desks. */
export function createWorkbench(
  options: WorkbenchOptions,
  context: WorkbenchContext = createContext(options.settingsFolder),
): Workbench {
  const duplicates = new DuplicateWindows();
  const ranks = new RanksStates(context);
  const workbench: Workbench = {
    projects: new ProjectsDesk(context, options),
    jobs: new JobsDesk(context),
    collection: new CollectionDesk(context, duplicates),
    decisions: new DecisionsDesk(context, ranks),
    ranks: new RanksDesk(context, ranks, duplicates),
    runs: new RunsDesk(context),
    use: new UseDesk(context),
    pictures: new PicturesDesk(context, classifiedFile),
    devices: new DevicesDesk(context),
    events: context.events,
    close: async () => {
      await Promise.all([context.jobs.close(), context.trials.close()]);
      await context.projects.closeAll();
    },
  };
  // After the desks have registered what they can resume.
  void openUnfinishedProjects(context.projects);
  return workbench;
}
