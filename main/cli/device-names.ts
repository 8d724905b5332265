import { deviceKindNames } from '../engines/device.ts';

/** The values of `--device`, for the help; a second card of a kind has the first one's name with “:1”. */
export const DEVICE_NAMES = `auto, ${deviceKindNames.join(', ')}; a second card is named like cuda:1; several that label in parallel are separated by commas`;
