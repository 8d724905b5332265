/** Puts the workbench together: one context, and the desks around it. */

import { answersFirst } from '../jobs/run-on-thread.ts';
import { createContext, type WorkbenchContext } from './context.ts';
import { CollectionDesk } from './desks/collection-desk.ts';
import { CorrectionsDesk } from './desks/corrections-desk.ts';
import { DecisionsDesk } from './desks/decisions-desk.ts';
import { DevicesDesk } from './desks/devices-desk.ts';
import { ExperimentsDesk } from './desks/experiments-desk.ts';
import { JobsDesk } from './desks/jobs-desk.ts';
import { ModelsDesk } from './desks/models-desk.ts';
import { PicturesDesk } from './desks/pictures-desk.ts';
import { type HostFacts, ProjectsDesk } from './desks/projects-desk.ts';
import { RanksDesk } from './desks/ranks-desk.ts';
import { RunsDesk } from './desks/runs-desk.ts';
import { UseDesk } from './desks/use-desk.ts';
import { ProjectFaces } from './projects/project-faces.ts';
import { openUnfinishedProjects } from './projects/unfinished-projects.ts';
import { DuplicateWindows } from './ranking/duplicate-windows.ts';
import { RanksStates } from './ranking/ranks-states.ts';
import { classifiedFile } from './runs/classifications.ts';
import type { Workbench } from './services.ts';

export interface WorkbenchOptions extends HostFacts {
  readonly settingsFolder: string;
}

/** `context` is passed by callers that need the projects in addition to the desks. */
export function createWorkbench(
  options: WorkbenchOptions,
  context: WorkbenchContext = createContext(options.settingsFolder),
): Workbench {
  answersFirst();
  const duplicates = new DuplicateWindows();
  const ranks = new RanksStates(context);
  const runs = new RunsDesk(context);
  const faces = new ProjectFaces(options.settingsFolder);
  const workbench: Workbench = {
    projects: new ProjectsDesk(context, options, faces),
    jobs: new JobsDesk(context),
    collection: new CollectionDesk(context, duplicates),
    decisions: new DecisionsDesk(context, ranks),
    ranks: new RanksDesk(context, ranks, duplicates),
    runs,
    corrections: new CorrectionsDesk(context, runs),
    experiments: new ExperimentsDesk(context),
    use: new UseDesk(context),
    pictures: new PicturesDesk(context, classifiedFile, faces),
    devices: new DevicesDesk(context),
    models: new ModelsDesk(context),
    events: context.events,
    close: async () => {
      await Promise.all([context.jobs.close(), context.trials.close()]);
      await context.projects.closeAll();
    },
  };
  // After the desks have registered the kinds of jobs they can resume.
  void openUnfinishedProjects(context.projects);
  return workbench;
}
