import { once } from 'node:events';
import { type AddressInfo, createServer } from 'node:net';
import { expect, it } from 'vitest';
import { runStep } from '../../../main/bench/run-step.ts';

const script = (text: string) => ({ command: [process.execPath, '-e', text], limitS: 60 });
const never = new AbortController().signal;

it('returns what a command wrote, also where it fails, with the last line of its errors', async () => {
  expect(await runStep(script('console.log("a")'), never)).toEqual({ output: 'a\n' });
  const failing = 'console.log("a"); console.error("first\\nno card"); process.exitCode = 1';
  expect(await runStep(script(failing), never)).toEqual({ output: 'a\n', failure: 'no card' });
});

it('says by which signal a driver took the command down', async () => {
  const { failure } = await runStep(script('process.kill(process.pid, "SIGABRT")'), never);
  expect(failure).toBe('ended by SIGABRT');
});

it('says why a command cannot be started', async () => {
  const { failure } = await runStep({ command: ['/no/such/python'], limitS: 60 }, never);
  expect(failure).toContain('ENOENT');
});

it.skipIf(process.platform === 'win32')('stops a command together with the processes it has started', async () => {
  const stop = new AbortController();
  const server = createServer((socket) => {
    socket.on('error', () => undefined).on('close', () => server.close());
    stop.abort();
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  const ended = once(server, 'close');
  // The inner process keeps the output open: the step would not settle without its end.
  const inner = `require('node:net').connect(${port}, '127.0.0.1')`;
  const outer = `require('node:child_process').spawn(process.execPath, ['-e', ${JSON.stringify(inner)}], { stdio: 'inherit' })`;
  expect(await runStep(script(outer), stop.signal)).toEqual({ output: '', failure: 'stopped' });
  await ended;
});

it('stops a command that takes longer than its limit', async () => {
  const { failure } = await runStep({ ...script('setInterval(() => {}, 1000)'), limitS: 1 }, never);
  expect(failure).toBe('not done within 1 s');
});
