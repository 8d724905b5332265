/** A dialog that Esc closes only if it is the topmost: not one below it, and none while a menu or a list is open above it. */
import { Modal, type ModalProps } from '@mantine/core';
import { useEffect, useEffectEvent, useId } from 'react';
import { text } from '../text/en.ts';

/** The open dialogs, the topmost at the end. */
const opened: string[] = [];
/** Key presses that have closed something: the dialog below may have become the topmost before it handles the same press. */
const used = new WeakSet<KeyboardEvent>();
/** Elements that close themselves on Esc. */
const FLOATING = '.mantine-Popover-dropdown, .mantine-Menu-dropdown';
/** For a field that handles Esc itself. */
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
    // In the capture phase, before any other handler: elements that close themselves are still there to be found.
    window.addEventListener('keydown', onEscape, true);
    return () => {
      opened.splice(opened.indexOf(id), 1);
      window.removeEventListener('keydown', onEscape, true);
    };
  }, [props.opened, id]);
  return <Modal closeButtonProps={{ 'aria-label': text.shell.close }} {...props} closeOnEscape={false} />;
}
