import { build } from '../scripts/build.mjs';

/** Worker threads load built files, so every test run starts with a build. */
export async function setup(): Promise<void> {
  await build();
}
