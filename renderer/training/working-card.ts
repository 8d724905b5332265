import type { DevicesView } from '../../main/api/contract.ts';

/** The display name of a graphics card that works here; undefined if there is none, or nothing has been tested yet. */
export function workingCard(view: DevicesView): string | undefined {
  return view.devices?.find(({ works, software, onProcessor }) => works && !software && !onProcessor)?.name;
}
