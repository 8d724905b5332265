/** `npm run build:kernels`: compiles the CUDA kernels to the PTX that is checked in. Needs nvcc. */
import { buildPtx, hasCompiler } from './kernel-builds.mjs';

if (!hasCompiler('nvcc')) {
  console.error('nvcc is not on the PATH: run this where the CUDA toolkit is installed.');
  process.exit(1);
}
buildPtx();
