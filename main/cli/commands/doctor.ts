import { Command } from 'commander';
import { type DeviceFinding, examineDevices, fastest } from '../../doctor/examine-devices.ts';
import { Terminal } from '../terminal.ts';

export function doctorCommand(signal: AbortSignal): Command {
  return new Command('doctor')
    .description('List the devices of this machine, test each, and say which one will be used and why.')
    .action(async (options: { json?: boolean }) => {
      const terminal = new Terminal(options.json === true);
      const findings: DeviceFinding[] = [];
      for await (const finding of examineDevices(signal)) {
        findings.push(finding);
        const { device, name, software, report } = finding;
        terminal.event({ event: 'device', device, name, software, ...report });
        terminal.print(`${device.padEnd(10)} ${name}\n           ${verdict(finding)}`);
      }
      const chosen = fastest(findings);
      const why = chosen ? reason(findings) : 'no device passes its test';
      terminal.event({ event: 'chosen', device: chosen?.device ?? null, why });
      terminal.print(chosen ? `\nWill be used: ${chosen.device}, ${why}.` : `\nNothing can be used: ${why}.`);
    });
}

function verdict({ report, software }: DeviceFinding): string {
  if (!report.works) return `cannot be used: ${report.reason}`;
  const right = `gradients right (largest difference from the CPU ${report.worstError.toExponential(1)})`;
  const speed = `${Math.round(report.imagesPerSecond).toLocaleString('en')} images/s in a small training`;
  return `${right}, ${speed}${software ? '; for checking only' : ''}`;
}

function reason(findings: readonly DeviceFinding[]): string {
  const others = findings.filter(({ report, software }) => report.works && !software).length - 1;
  return others > 0 ? 'the fastest of those that pass their test' : 'the only one that passes its test';
}
