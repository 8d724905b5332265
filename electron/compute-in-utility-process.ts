/** Computes in a utility process of Electron: a release cannot be started as Node, as the command line does it. */
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
      // Electron ends its processes when it exits.
      hold: () => undefined,
      kill: () => void child.kill(),
    };
  };
}
