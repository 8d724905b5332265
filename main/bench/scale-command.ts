/**
 * How the cost of catalogue work grows with the collection: each measure at several sizes, one line each, and the
 * exponent of its growth from the smallest to the largest. An exponent of 1 means that twice the images take twice the
 * time.
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
    .option('--images <numbers>', 'sizes of the collection, separated by commas', '10000,100000,1000000')
    .option('--only <words>', 'only measures with these words in their names', '')
    .option('--json', 'one JSON object per line on stdout, nothing else')
    .action(async ({ images, only, json }: ScaleOptions) => {
      const sizes = images.split(',').map(Number);
      if (sizes.some((size) => !Number.isSafeInteger(size) || size < 1)) {
        throw new WrongUsage(
          `“${images}” is not a list of sizes: write numbers separated by commas, such as 10000,100000.`,
        );
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
        // By processor time, which other programs on the machine affect least.
        const exponent = rounded(Math.log(last.cpuSeconds / first.cpuSeconds) / Math.log(last.images / first.images));
        tell({ measure, exponent }, `${measure} grows with exponent ${exponent}`);
      }
    });
