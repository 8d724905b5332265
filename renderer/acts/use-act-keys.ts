/** The keys of a screen's acts, wherever on the screen the focus is, except while text is typed or a dialog or menu is open. */
import { useEffect, useEffectEvent } from 'react';
import { isTaken } from '../classes/class-keys.ts';
import { type Act, actOf } from './act.ts';

/** Layers above the screen, which get the keys while they are open. */
const LAYERS = '[role=dialog], [role=menu], [data-layer]';

/** `within`: the acts belong to such a layer themselves. */
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
