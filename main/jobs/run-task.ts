/**
 * Runs compute tasks on a thread of this process, or in a separate process if the device's driver may take its process
 * down. Such a process waits a moment for the next task, as a thread does, and then frees the device.
 */
import { type Device, deviceName } from '../engines/device.ts';
import { traitsOf } from '../engines/engines.ts';
import type { ComputeTasks, RunTask, TaskName, TaskOptions } from './compute-protocol.ts';
import { runOnThread } from './run-on-thread.ts';
import { TaskProcess } from './task-process.ts';

const IDLE_MS = 5_000;

/** Throws what `runOnThread` throws, and `TaskProcessEnded` if a process ended during its task. */
export const runTask: RunTask = async (name, request, options) => {
  const device = deviceOf(request);
  if (!device || !traitsOf(device).inOwnProcess) return await runOnThread(name, request, options);
  return await runInProcess(deviceName(device), name, request, options);
};

function deviceOf(request: ComputeTasks[TaskName]['request']): Device | undefined {
  return 'target' in request ? request.target.device : undefined;
}

interface IdleProcess {
  readonly device: string;
  readonly process: TaskProcess;
  readonly until: NodeJS.Timeout;
}

const idle: IdleProcess[] = [];

async function runInProcess<Name extends TaskName>(
  device: string,
  name: Name,
  request: ComputeTasks[Name]['request'],
  options?: TaskOptions<Name>,
): Promise<ComputeTasks[Name]['result']> {
  const taskProcess = idleProcess(device) ?? new TaskProcess();
  try {
    return await taskProcess.run(name, request, options);
  } finally {
    taskProcess.rest();
    const until = setTimeout(() => {
      idle.splice(
        idle.findIndex((one) => one.process === taskProcess),
        1,
      );
      taskProcess.close();
    }, IDLE_MS).unref();
    idle.push({ device, process: taskProcess, until });
  }
}

function idleProcess(device: string): TaskProcess | undefined {
  const place = idle.findIndex((one) => one.device === device);
  const [found] = place < 0 ? [] : idle.splice(place, 1);
  clearTimeout(found?.until);
  return found?.process;
}
