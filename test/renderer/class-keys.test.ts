/** Which key gives which class. */
import { describe, expect, it } from 'vitest';
import type { ClassInfo } from '../../main/api/contract.ts';
import { withKeys } from '../../renderer/classes/class-keys.ts';

function classes(...keys: (string | null)[]): ClassInfo[] {
  return keys.map((key, id) => ({
    id,
    name: `class ${id}`,
    colour: '#000000',
    key,
    train: 0,
    heldOut: 0,
    byHand: 0,
    exampleImageId: null,
  }));
}

function keysOf(given: readonly ClassInfo[], reserved = ''): string[] {
  return withKeys(given, reserved).map(({ key }) => key);
}

describe('the keys of classes', () => {
  it('are digits, then letters, in the order of the classes', () => {
    const keys = keysOf(classes(...Array.from({ length: 11 }, () => null)));
    expect(keys).toEqual(['1', '2', '3', '4', '5', '6', '7', '8', '9', 'a', 'b']);
  });

  it('are the person’s choices where there are any, and the others keep theirs', () => {
    expect(keysOf(classes('b', null, null))).toEqual(['b', '2', '3']);
    expect(keysOf(classes('2', null, null))).toEqual(['2', '1', '3']);
  });

  it('are never the screen’s own keys', () => {
    expect(keysOf(classes('x', 'y'), 'xp')).toEqual(['1', 'y']);
    const keys = keysOf(classes(...Array.from({ length: 40 }, () => null)), 'ynu? ');
    expect(keys.filter((key) => key !== '' && 'ynu? '.includes(key))).toEqual([]);
  });

  it('belong to one class each, and are missing when they run out', () => {
    const given = keysOf(classes('3', null, 'a', ...Array.from({ length: 50 }, () => null)));
    const some = given.filter((key) => key !== '');
    expect(new Set(some).size).toBe(some.length);
    expect(given.at(-1)).toBe('');
  });
});
