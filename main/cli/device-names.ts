import { deviceKindNames } from '../engines/device.ts';

/** What `--device` takes, for the help; a second card of a kind is the first one's name with “:1”. */
export const DEVICE_NAMES = `auto, ${deviceKindNames.join(', ')}; a second card is such as cuda:1; several that label side by side have commas between them`;
