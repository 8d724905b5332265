import { Command } from 'commander';
import { chooseDevice } from '../../doctor/choose-device.ts';
import { type DeviceFinding, examineDevices, fastest, type PrecisionReport } from '../../doctor/examine-devices.ts';
import { deviceKindNames, deviceName } from '../../engines/device.ts';
import { ExpectedFailure } from '../../failure.ts';
import { Terminal } from '../terminal.ts';

class DeviceFailsTest extends ExpectedFailure {}

export function doctorCommand(signal: AbortSignal): Command {
  return new Command('doctor')
    .description('List the devices of this machine, test each, and report which one will be used and why.')
    .option('--device <device>', `test only this one: ${deviceKindNames.join(', ')}, cuda:1`)
    .action(async (options: { device?: string; json?: boolean }) => {
      const terminal = new Terminal(options.json === true);
      const findings: DeviceFinding[] = [];
      const only = options.device === undefined ? undefined : [await chooseDevice(options.device, signal)];
      for await (const finding of examineDevices(signal, only)) {
        findings.push(finding);
        const { device, traits, report } = finding;
        const { title, software, precisions, memoryBytes = null } = traits;
        const name = deviceName(device);
        terminal.event({
          ...{ event: 'device', device: name, engine: device.engine, provider: device.provider, index: device.index },
          ...{ name: title, software, precisions, memoryBytes, ...report },
        });
        terminal.print(`${terminal.cell(name, 10)} ${title}\n${terminal.cell('', 10)} ${verdict(finding)}`);
      }
      if (options.device !== undefined) {
        requireWorking(findings);
        return;
      }
      const chosen = fastest(findings);
      const why = chosen ? reason(findings) : 'no device passes its test';
      terminal.event({ event: 'chosen', device: chosen ? deviceName(chosen.device) : null, why });
      terminal.print(
        chosen ? `\nWill be used: ${deviceName(chosen.device)}, ${why}.` : `\nNothing can be used: ${why}.`,
      );
    });
}

/** Throws `DeviceFailsTest`. */
function requireWorking(findings: readonly DeviceFinding[]): void {
  for (const { device, report } of findings) {
    if (!report.works) throw new DeviceFailsTest(`The device ${deviceName(device)} cannot be used: ${report.reason}`);
  }
}

function verdict({ report, traits: { software } }: DeviceFinding): string {
  if (!report.works) return `cannot be used: ${report.reason}`;
  const { bf16 } = report;
  const right = `gradients correct (largest difference from the CPU ${report.worstError.toExponential(1)}${bf16 ? `, in bf16 ${bf16.worstError.toExponential(1)}` : ''})`;
  const rate = ({ imagesPerSecond }: PrecisionReport) => Math.round(imagesPerSecond).toLocaleString('en');
  const speed = `${rate(report)} images/s in a small training${bf16 ? `, ${rate(bf16)} in bf16` : ''}`;
  return `${right}, ${speed}${software ? '; for checking only' : ''}`;
}

function reason(findings: readonly DeviceFinding[]): string {
  const others = findings.filter(({ report, traits }) => report.works && !traits.software).length - 1;
  return others > 0 ? 'the fastest of those that pass their test' : 'the only one that passes its test';
}
