/** Work on several things that is done side by side on several devices, one on each at a time. */
import { chooseDevices } from '../doctor/choose-device.ts';
import { runAll, type TaskRunner } from '../jobs/task-runner.ts';

/** Where and until when one of them is worked on. */
export interface DeviceLane {
  readonly signal: AbortSignal;
  /** The device's name; undefined if there is a single one, which the recipe names. */
  readonly device: string | undefined;
}

/**
 * Each device takes the next one when it has finished its last. The first failure stops the others and is thrown. A device
 * that this machine lacks is reported first, as `chooseDevices` does.
 */
export async function eachOnDevices<Item>(
  items: readonly Item[],
  devices: readonly string[],
  signal: AbortSignal,
  work: (item: Item, lane: DeviceLane) => Promise<void>,
): Promise<void> {
  if (devices.length > 1) await chooseDevices(devices.join(','), signal);
  const free: (string | undefined)[] = devices.length > 1 ? [...devices] : [undefined];
  const runner: TaskRunner<Item, void> = {
    form: 'thread',
    lanes: free.length,
    run: async (item, { signal: stop }) => {
      const device = free.shift();
      try {
        await work(item, { signal: stop, device });
      } finally {
        free.push(device);
      }
    },
    close: async () => {},
  };
  const nothing = () => {};
  await runAll(runner, items, { signal, progress: nothing }, nothing);
}
