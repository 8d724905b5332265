/** The entry of the browser host. */
import { startUp } from '../start-up.ts';

await startUp(() => import('./main.ts'));
