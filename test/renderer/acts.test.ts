/** Mapping keys to acts. */
import { expect, it } from 'vitest';
import { type Act, actOf, keyNames, shownKeys } from '../../renderer/acts/act.ts';

const plain = { shiftKey: false, ctrlKey: false, metaKey: false, altKey: false };
const act = (...keys: string[]): Act => ({ name: keys.join(), keys, label: '', can: true, do: () => {} });

it('key names include the modifiers that are held down', () => {
  expect(keyNames({ ...plain, key: 'x' })).toEqual(['x']);
  expect(keyNames({ ...plain, key: 'X', shiftKey: true })).toEqual(['X', 'Shift+x']);
  expect(keyNames({ ...plain, key: 'Z', shiftKey: true, metaKey: true })).toEqual(['Ctrl+Shift+z']);
  expect(keyNames({ ...plain, key: '?', shiftKey: true })).toEqual(['?']);
  expect(keyNames({ ...plain, key: 'ArrowRight', shiftKey: true })).toEqual(['Shift+ArrowRight']);
  expect(shownKeys('Ctrl+Shift+z')).toEqual(['Ctrl', 'Shift', 'z']);
  expect(shownKeys('+')).toEqual(['+']);
});

it('Caps Lock is shift, except with Ctrl: it never makes an undo a redo', () => {
  const [veto, vetoAndOn, undo, redo] = [act('x'), act('Shift+x'), act('Ctrl+z'), act('Ctrl+Shift+z')];
  const acts = [veto, vetoAndOn, undo, redo];
  expect(actOf(acts, { ...plain, key: 'X' })).toBe(vetoAndOn);
  expect(actOf(acts, { ...plain, key: 'x', shiftKey: true })).toBe(veto);
  expect(actOf(acts, { ...plain, key: 'Z', ctrlKey: true })).toBe(undo);
  expect(actOf(acts, { ...plain, key: 'x', altKey: true })).toBeUndefined();
});

it('a class can have a capital letter as its key', () => {
  const [capital, andOn] = [act('X'), act('Shift+x')];
  expect(actOf([andOn, capital], { ...plain, key: 'X', shiftKey: true })).toBe(capital);
});
