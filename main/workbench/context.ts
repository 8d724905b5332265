/** What every desk is given: the open projects, the queue of long work, whom to tell, and the person's settings folder. */
import { EventHub } from './event-hub.ts';
import { JobQueue } from './job-queue.ts';
import { MeasuredRates } from './measured-rates.ts';
import { MissingImages } from './missing-images.ts';
import { OpenProjects } from './open-projects.ts';
import { RecentProjects } from './recent-projects.ts';

export interface WorkbenchContext {
  readonly projects: OpenProjects;
  readonly jobs: JobQueue;
  readonly events: EventHub;
  /** How fast this computer's devices are. */
  readonly rates: MeasuredRates;
  readonly missingImages: MissingImages;
  readonly settingsFolder: string;
}

export function createContext(settingsFolder: string): WorkbenchContext {
  const events = new EventHub();
  const jobs = new JobQueue(events);
  return {
    events,
    jobs,
    projects: new OpenProjects(new RecentProjects(settingsFolder), jobs),
    rates: new MeasuredRates(settingsFolder),
    missingImages: new MissingImages(),
    settingsFolder,
  };
}
