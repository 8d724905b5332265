/** What every desk is given: the open projects, the queue of long work, the event sink, and the person's settings folder. */
import { DeviceTrials } from '../pipeline/device-trials.ts';
import { MeasuredRates } from '../pipeline/measured-rates.ts';
import { MissingImages } from './projects/missing-images.ts';
import { OpenProjects } from './projects/open-projects.ts';
import { RecentProjects } from './projects/recent-projects.ts';
import { EventHub } from './work/event-hub.ts';
import { JobQueue } from './work/job-queue.ts';

export interface WorkbenchContext {
  readonly projects: OpenProjects;
  readonly jobs: JobQueue;
  readonly events: EventHub;
  /** The measured rates of this computer's devices. */
  readonly rates: MeasuredRates;
  /** Measures rates that are not known yet. */
  readonly trials: DeviceTrials;
  readonly missingImages: MissingImages;
  readonly settingsFolder: string;
}

export function createContext(settingsFolder: string): WorkbenchContext {
  const events = new EventHub();
  const jobs = new JobQueue(events);
  const rates = new MeasuredRates(settingsFolder);
  return {
    events,
    jobs,
    projects: new OpenProjects(new RecentProjects(settingsFolder), jobs),
    rates,
    trials: new DeviceTrials(rates),
    missingImages: new MissingImages(),
    settingsFolder,
  };
}
