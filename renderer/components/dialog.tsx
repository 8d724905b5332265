/** A dialog of which Esc closes the topmost alone: not the one below it, and none while a menu or a list is open above it. */
import { Modal, type ModalProps } from '@mantine/core';
import { useEffect, useEffectEvent, useId } from 'react';
import { text } from '../text/en.ts';

/** Of the dialogs that are open, the topmost at the end. */
const opened: string[] = [];
/** Presses that closed something: the dialog below may be the topmost before it hears of the same one. */
const used = new WeakSet<KeyboardEvent>();
/** What closes itself on Esc. */
const FLOATING = '.mantine-Popover-dropdown, .mantine-Menu-dropdown';
/** On a field that has a use of its own for Esc. */
export const OWN_ESCAPE = { 'data-own-escape': true } as const;

export function Dialog(props: ModalProps) {
  const id = useId();
  const onEscape = useEffectEvent((event: KeyboardEvent) => {
    if (event.key !== 'Escape' || event.isComposing || used.has(event) || opened.at(-1) !== id) return;
    if (document.querySelector(FLOATING)) return;
    if (event.target instanceof Element && event.target.closest('[data-own-escape]')) return;
    used.add(event);
    event.preventDefault();
    props.onClose();
  });
  useEffect(() => {
    if (!props.opened) return undefined;
    opened.push(id);
    // Before anything else hears it: what closes itself on it is still there to be seen.
    window.addEventListener('keydown', onEscape, true);
    return () => {
      opened.splice(opened.indexOf(id), 1);
      window.removeEventListener('keydown', onEscape, true);
    };
  }, [props.opened, id]);
  return <Modal closeButtonProps={{ 'aria-label': text.shell.close }} {...props} closeOnEscape={false} />;
}
