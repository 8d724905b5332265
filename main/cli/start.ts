/** The entry of the command line. */
import { startUp } from '../start-up.ts';

await startUp(() => import('./main.ts'));
