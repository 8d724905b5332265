/** The memory of a page after a garbage collection. */
import { existsSync, readFileSync } from 'node:fs';
import type { Browser, Page } from '@playwright/test';

export interface Memory {
  readonly heapBytes: number;
  readonly nodes: number;
  /** Of the browser's renderer process, including shared memory; undefined if the system does not report it. */
  readonly processBytes: number | undefined;
}

export async function memoryOf(page: Page): Promise<Memory> {
  const session = await page.context().newCDPSession(page);
  await session.send('HeapProfiler.collectGarbage');
  await session.send('Performance.enable');
  const { metrics } = await session.send('Performance.getMetrics');
  await session.detach();
  const figure = (wanted: string) => metrics.find(({ name }) => name === wanted)?.value ?? Number.NaN;
  const browser = page.context().browser();
  return {
    heapBytes: figure('JSHeapUsedSize'),
    nodes: figure('Nodes'),
    processBytes: browser ? await largestRenderer(browser) : undefined,
  };
}

export function memoryInWords({ heapBytes, nodes, processBytes }: Memory): string {
  const mebibytes = (bytes: number) => `${(bytes / 2 ** 20).toFixed(1)} MiB`;
  const process = processBytes === undefined ? '' : `, process ${mebibytes(processBytes)}`;
  return `heap ${mebibytes(heapBytes)}, ${nodes} nodes${process}`;
}

async function largestRenderer(browser: Browser): Promise<number | undefined> {
  const session = await browser.newBrowserCDPSession();
  const { processInfo } = await session.send('SystemInfo.getProcessInfo');
  await session.detach();
  const sizes = processInfo.filter(({ type }) => type === 'renderer').flatMap(({ id }) => residentBytes(id) ?? []);
  return sizes.length === 0 ? undefined : Math.max(...sizes);
}

function residentBytes(processId: number): number | undefined {
  const status = `/proc/${processId}/status`;
  const [, kibibytes] = (existsSync(status) && /VmRSS:\s+(\d+) kB/.exec(readFileSync(status, 'utf8'))) || [];
  return kibibytes === undefined ? undefined : 1024 * Number(kibibytes);
}
