/** Puts the workbench together: one context, and the desks around it. */
import { absentDesk } from './absent.ts';
import { CollectionDesk } from './collection-desk.ts';
import { createContext } from './context.ts';
import { DevicesDesk } from './devices-desk.ts';
import { JobsDesk } from './jobs-desk.ts';
import { PicturesDesk } from './pictures-desk.ts';
import { type HostFacts, ProjectsDesk } from './projects-desk.ts';
import type { DecisionsDesk, RanksDesk, RunsDesk, UseDesk, Workbench } from './services.ts';
import { openUnfinishedProjects } from './unfinished-projects.ts';

export interface WorkbenchOptions extends HostFacts {
  readonly settingsFolder: string;
}

export function createWorkbench(options: WorkbenchOptions): Workbench {
  const context = createContext(options.settingsFolder);
  const workbench: Workbench = {
    projects: new ProjectsDesk(context, options),
    jobs: new JobsDesk(context),
    collection: new CollectionDesk(context),
    decisions: absentDesk<DecisionsDesk>('Deciding'),
    ranks: absentDesk<RanksDesk>('The ranking'),
    runs: absentDesk<RunsDesk>('Training'),
    use: absentDesk<UseDesk>('Using a model'),
    pictures: new PicturesDesk(context, () => absentDesk<never>('Classified images')),
    devices: new DevicesDesk(context),
    events: context.events,
    close: async () => {
      await context.jobs.close();
      await context.projects.closeAll();
    },
  };
  // After the desks have registered what they can resume.
  void openUnfinishedProjects(context.projects);
  return workbench;
}
