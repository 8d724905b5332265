/**
 * `npm run kernel-figures`: ptxas's report on each kernel for the cards since 2020: registers, shared memory, spills; fails if
 * anything is spilled. Needs nvcc.
 */
import { execFileSync, spawnSync } from 'node:child_process';
import { hasCompiler, kernelModules } from './kernel-builds.mjs';

const ARCHITECTURES = ['sm_80', 'sm_86', 'sm_89', 'sm_90'];
const FIGURES =
  /entry function '(\w+)'[\s\S]*?(\d+) bytes stack frame, (\d+) bytes spill stores, (\d+) bytes spill loads[\s\S]*?Used (\d+) registers(?:.*?(\d+) bytes smem)?/g;

if (!hasCompiler('nvcc')) {
  console.error('nvcc is not on the PATH: run this where the CUDA toolkit is installed.');
  process.exit(1);
}

/** @type {Map<string, string[]>} */
const rows = new Map();
let spilled = 0;
const builds = ARCHITECTURES.flatMap((architecture) =>
  Object.values(kernelModules).map((source) => ({ architecture, source })),
);
for (const { architecture, source } of builds) {
  const args = ['-cubin', `-arch=${architecture}`, '-O3', '-std=c++17', '-Xptxas', '-v', source, '-o', '/dev/null'];
  const { stderr, status } = spawnSync('nvcc', args, { encoding: 'utf8' });
  if (status !== 0) throw new Error(stderr);
  for (const [, kernel = '', , stores, loads, registers = '', shared = '0'] of stderr.matchAll(FIGURES)) {
    spilled += Number(stores) + Number(loads);
    const row = rows.get(kernel) ?? [kernel, shared];
    rows.set(kernel, [...row, registers]);
  }
}
const version = /release ([\d.]+)/.exec(execFileSync('nvcc', ['--version'], { encoding: 'utf8' }))?.[1];
console.log(`nvcc ${version}; ${rows.size} kernels, ${spilled} bytes spilled.\n`);
console.log(`| kernel | shared bytes | ${ARCHITECTURES.map((name) => `registers ${name}`).join(' | ')} |`);
console.log(`| --- | --- | ${ARCHITECTURES.map(() => '---').join(' | ')} |`);
for (const row of [...rows.values()].sort()) console.log(`| ${row.join(' | ')} |`);
if (spilled > 0) process.exit(1);
