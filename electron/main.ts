/**
 * The entry of the desktop application. Built as CommonJS: Electron runs it before it is ready, and an ES module would be
 * loaded through the thread pool whose size is set here.
 */
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import * as electron from 'electron';
import { tellBackgroundErrors } from './background-errors.ts';
import { beforeReady } from './before-ready.ts';
import { failedStart } from './failed-start.ts';

async function start(): Promise<void> {
  const requests = beforeReady(electron);
  if (!requests) return;
  // A name that the bundler does not follow: the rest is an ES module of its own.
  const desktop = pathToFileURL(join(__dirname, 'desktop.js')).href;
  const { openDesktop }: typeof import('./desktop.ts') = await import(desktop);
  await openDesktop(electron, requests);
}

tellBackgroundErrors(electron);
start().catch(failedStart(electron));
