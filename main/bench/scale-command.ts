/**
 * How work on the catalogue grows with the collection: each measure at several sizes, one line each, and the exponent of its
 * growth from the smallest to the largest. 1 means that twice the images take twice the time.
 */
import { Command } from 'commander';
import { at } from '../at.ts';
import { WrongUsage } from '../failure.ts';
import { rounded } from './median.ts';
import { type Measured, measureAt } from './scale-measures.ts';

interface ScaleOptions {
  readonly images: string;
  readonly only: string;
  readonly json?: boolean;
}

export const scaleCommand = (signal: AbortSignal) =>
  new Command('bench:scale')
    .description('Measure how work on the catalogue grows with the collection.')
    .option('--images <numbers>', 'sizes of the collection, with commas', '10000,100000,1000000')
    .option('--only <words>', 'measures with these words in their names alone', '')
    .option('--json', 'one JSON object a line on stdout, nothing else')
    .action(async ({ images, only, json }: ScaleOptions) => {
      const sizes = images.split(',').map(Number);
      if (sizes.some((size) => !Number.isSafeInteger(size) || size < 1)) {
        throw new WrongUsage(`“${images}” is no list of sizes: write numbers with commas, such as 10000,100000.`);
      }
      const tell = (line: Readonly<Record<string, unknown>>, words: string) =>
        process.stdout.write(`${json ? JSON.stringify(line) : words}\n`);
      const all: Measured[] = [];
      for (const size of sizes.toSorted((a, b) => a - b)) {
        for await (const measured of measureAt(size, only, signal)) {
          all.push(measured);
          const { measure, seconds, cpuSeconds, peakMebibytes } = measured;
          const cost = `${seconds} s, ${cpuSeconds} s of processors, ${peakMebibytes} MiB at most`;
          tell({ ...measured }, `${size.toLocaleString('en')} images, ${measure}: ${cost}`);
        }
      }
      for (const measure of new Set(all.map((one) => one.measure))) {
        const own = all.filter((one) => one.measure === measure);
        if (own.length < 2) continue;
        const [first, last] = [at(own, 0), at(own, own.length - 1)];
        // By the time of processors: others on the machine change it least.
        const exponent = rounded(Math.log(last.cpuSeconds / first.cpuSeconds) / Math.log(last.images / first.images));
        tell({ measure, exponent }, `${measure} grows with the power ${exponent}`);
      }
    });
