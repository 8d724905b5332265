/** Computes in a process of Electron's own: a release cannot be started as Node, which is what the command line does. */
import type { ProcessListeners, StartProcess } from '../main/jobs/process-starter.ts';
import type { ElectronHost } from './electron-host.ts';

export function computeInUtilityProcess({ utilityProcess }: Pick<ElectronHost, 'utilityProcess'>): StartProcess {
  return (entry) => {
    const child = utilityProcess.fork(entry, [], { stdio: 'ignore', serviceName: 'Computing' });
    let [listeners, how]: [ProcessListeners | undefined, string | undefined] = [undefined, undefined];
    child.on('message', (message) => listeners?.message(message));
    child.once('exit', (code) => {
      how = `with code ${code}`;
      listeners?.exited(how);
    });
    return {
      send: (order) => child.postMessage(order),
      listen(given) {
        listeners = given;
        if (how !== undefined) given?.exited(how);
      },
      // Electron ends its processes with itself.
      hold: () => undefined,
      kill: () => void child.kill(),
    };
  };
}
