/**
 * Every part of `npm run gpu-check -- OUT --device cuda` on the stand-in for NVIDIA's driver, with small sizes: whether the
 * script runs to its end, before a card is there. Options are those of gpu-check. Needs g++.
 */
import { spawnSync } from 'node:child_process';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { hasCompiler, standInDriver } from './kernel-builds.mjs';

const root = dirname(dirname(fileURLToPath(import.meta.url)));

if (hasCompiler('g++')) {
  const given = process.argv.slice(2);
  const output = given[0]?.startsWith('-') === false ? [] : [join(root, 'test-output/gpu-rehearsal')];
  const script = fileURLToPath(new URL('gpu-check.cjs', import.meta.url));
  const env = { ...process.env, UNDERSTUDY_CUDA_DRIVER: standInDriver() };
  const { status } = spawnSync(process.execPath, [script, ...output, ...given, '--rehearse'], {
    stdio: 'inherit',
    env,
  });
  process.exitCode = status ?? 1;
} else {
  process.stderr.write('The stand-in for NVIDIA’s driver is compiled by g++, which is not installed here.\n');
  process.exitCode = 1;
}
