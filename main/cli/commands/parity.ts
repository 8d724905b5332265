import { readFile } from 'node:fs/promises';
import { Command } from 'commander';
import { chooseDevice } from '../../doctor/choose-device.ts';
import { deviceName } from '../../engines/device.ts';
import { engineOf } from '../../engines/engines.ts';
import { ExpectedFailure, requireGoingOn } from '../../failure.ts';
import { localPath } from '../../local-path.ts';
import { checkParity, parseFixture } from '../../models/parity.ts';
import { whyUnread } from '../../why-unread.ts';
import { DEVICE_NAMES } from '../device-names.ts';
import { Terminal } from '../terminal.ts';

class ParityFailed extends ExpectedFailure {}
class FixtureUnreadable extends ExpectedFailure {}

export function parityCommand(signal: AbortSignal): Command {
  return new Command('parity')
    .description('Rebuild the network of each fixture, run it here, and compare with the numbers in the fixture.')
    .argument('<fixture...>', 'JSON files of logits or training trajectories')
    .option('--device <device>', DEVICE_NAMES, 'cpu')
    .action(async (paths: readonly string[], options: { device: string; json?: boolean }) => {
      const terminal = new Terminal(options.json === true);
      const device = await chooseDevice(options.device, signal);
      const engine = engineOf(device);
      let failed = 0;
      for (const path of paths.map((given) => localPath(given, 'file'))) {
        requireGoingOn(signal);
        const { name, checks, passed } = await checkParity(await readFixture(path), engine, { device }, signal);
        if (!passed) failed++;
        terminal.event({ event: 'parity', fixture: path, name, device: deviceName(device), passed, checks });
        terminal.print(`${passed ? 'ok  ' : 'FAIL'} ${name} on ${deviceName(device)}`);
        for (const check of checks) {
          const mark = check.passed ? ' ' : '✗';
          terminal.print(
            `   ${mark} ${check.what}: error ${check.error.toExponential(2)} (at most ${check.tolerance})`,
          );
        }
      }
      if (failed > 0)
        throw new ParityFailed(
          `${failed} of ${paths.length} fixtures differ from their reference by more than the tolerance.`,
        );
    });
}

async function readFixture(path: string) {
  try {
    return parseFixture(JSON.parse(await readFile(path, 'utf8')));
  } catch (error) {
    if (error instanceof ExpectedFailure) throw error;
    throw new FixtureUnreadable(
      `The fixture ${path} cannot be read (${whyUnread(error)}): give a JSON file as made by the reference script.`,
    );
  }
}
