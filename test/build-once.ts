import { build } from '../scripts/build.mjs';

/** Worker threads load built files, so the build comes before every test run. */
export async function setup(): Promise<void> {
  await build();
}
