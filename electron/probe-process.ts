/** Tests a device in a utility process of Electron: a release cannot be started as Node, as the command line does it. */
import type { RunProbe } from '../main/doctor/probe-runner.ts';
import type { ElectronHost } from './electron-host.ts';

export function probeInUtilityProcess({ utilityProcess }: Pick<ElectronHost, 'utilityProcess'>): RunProbe {
  return (entry, device, timeoutMs, signal) =>
    new Promise((resolve, reject) => {
      const stdio = ['ignore', 'pipe', 'ignore'] as ('ignore' | 'pipe')[];
      const child = utilityProcess.fork(entry, [device], { stdio, serviceName: 'Device test' });
      const timer = setTimeout(
        () => end(() => reject(new Error(`it took longer than ${timeoutMs / 1000} s`))),
        timeoutMs,
      );
      const stop = () => end(() => reject(new Error('it was asked to stop')));
      signal?.addEventListener('abort', stop, { once: true });
      const end = (settle: () => void) => {
        clearTimeout(timer);
        signal?.removeEventListener('abort', stop);
        settle();
        // Such a process does not exit by itself when it has nothing more to do.
        child.kill();
      };
      let text = '';
      child.stdout?.on('data', (data: Buffer) => {
        text += data;
        if (text.endsWith('\n')) end(() => resolve(text));
      });
      child.once('exit', (code) => end(() => reject(new Error(`it ended with code ${code}`))));
    });
}
