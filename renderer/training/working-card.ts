import type { DevicesView } from '../../main/api/contract.ts';

/** The name, for people, of a graphics card that works here; undefined where there is none, or nothing was tested yet. */
export function workingCard(view: DevicesView): string | undefined {
  return view.devices?.find(({ works, software, onProcessor }) => works && !software && !onProcessor)?.name;
}
