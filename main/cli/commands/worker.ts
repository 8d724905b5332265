/** `worker redis://…`: computes partitions of labellings that others order, until it is stopped. */
import { Command, InvalidArgumentError, Option } from 'commander';
import { chooseDevices } from '../../doctor/choose-device.ts';
import { deviceName } from '../../engines/device.ts';
import { serveFleet } from '../../jobs/fleet.ts';
import { fleetAddress, shownAddress } from '../../jobs/fleet-address.ts';
import { FleetLabeller } from '../../pipeline/fleet-worker.ts';
import { DEVICE_NAMES } from '../device-names.ts';
import { Terminal } from '../terminal.ts';

interface WorkerOptions {
  readonly device: string;
  readonly project?: string;
  readonly silentSeconds: number;
  readonly json?: boolean;
}

export function workerCommand(signal: AbortSignal): Command {
  return new Command('worker')
    .description('Label partitions that other machines order with label --fleet, until it is stopped.')
    .argument('<redis>', 'the Redis server that all of them use, such as redis://192.168.0.10:6379')
    .option('--device <device>', DEVICE_NAMES, 'auto')
    .option('--project <dir>', "where the project's folder is on this machine, if its path differs")
    .addOption(
      new Option('--silent-seconds <seconds>', 'after how long without a sign of life others take over its partition')
        .argParser(seconds)
        .default(30),
    )
    .action(async (redis: string, { device, project, silentSeconds, json }: WorkerOptions) => {
      const terminal = new Terminal(json === true);
      const url = fleetAddress(redis);
      const devices = await chooseDevices(device, signal);
      const labeller = new FleetLabeller({
        devices,
        project,
        wrote: (written) => {
          terminal.event({ event: 'partitionLabelled', ...written });
          const perSecond = (written.images / written.seconds).toFixed(1);
          terminal.note(
            `${written.runId}: partition ${written.partition}, ${written.images} images, ${perSecond} a second`,
          );
        },
      });
      const ready = () => {
        const names = devices.map(deviceName);
        terminal.event({ event: 'workerReady', redis: shownAddress(url), devices: names });
        terminal.note(`Waiting for partitions at ${shownAddress(url)}, on ${names.join(', ')}.`);
      };
      const work = {
        lanes: devices.length,
        silentMs: 1000 * silentSeconds,
        ready,
        work: async (...task: Parameters<typeof labeller.work>) => await labeller.work(...task),
      };
      try {
        await serveFleet(url, work, signal);
      } finally {
        await labeller.close();
      }
    });
}

function seconds(text: string): number {
  const value = Number(text);
  if (value >= 1 && value <= 3600) return value;
  throw new InvalidArgumentError('It must be a number from 1 to 3600.');
}
