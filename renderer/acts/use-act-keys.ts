/** The keys of a screen's acts, wherever on the screen the focus is: not while text is typed, nor under a dialog or a menu. */
import { useEffect, useEffectEvent } from 'react';
import { isTaken } from '../classes/class-keys.ts';
import { type Act, actOf } from './act.ts';

/** What lies above the screen and has the keys while it is there. */
const LAYERS = '[role=dialog], [role=menu], [data-layer]';

/** `within`: the acts belong to a layer themselves. */
export function useActKeys(acts: readonly Act[], { within = false } = {}): void {
  const onKey = useEffectEvent((event: KeyboardEvent) => {
    if (event.defaultPrevented || isTaken(event) || (!within && document.querySelector(LAYERS))) return;
    const act = actOf(acts, event);
    if (!act) return;
    event.preventDefault();
    if (act.can) act.do();
  });
  useEffect(() => {
    window.addEventListener('keydown', onKey);
    return () => window.removeEventListener('keydown', onKey);
  }, []);
}
