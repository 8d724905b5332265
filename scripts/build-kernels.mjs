/** `npm run build:kernels`: compiles the CUDA kernels to the PTX that is checked in. Needs nvcc. */
import { buildPtx, hasCompiler } from './kernel-builds.mjs';

if (!hasCompiler('nvcc')) {
  console.error('nvcc is not on the path: the kernels are compiled where the CUDA toolkit is installed.');
  process.exit(1);
}
buildPtx();
