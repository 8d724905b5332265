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
  it('are digits, then letters, by the place of the class', () => {
    const keys = keysOf(classes(...Array.from({ length: 11 }, () => null)));
    expect(keys).toEqual(['1', '2', '3', '4', '5', '6', '7', '8', '9', 'a', 'b']);
  });

  it('are the person’s own where there are some, and the others keep theirs', () => {
    expect(keysOf(classes('b', null, null))).toEqual(['b', '2', '3']);
    expect(keysOf(classes('2', null, null))).toEqual(['2', '1', '3']);
  });

  it('are never those of the screen', () => {
    expect(keysOf(classes('x', 'y'), 'xp')).toEqual(['1', 'y']);
    const keys = keysOf(classes(...Array.from({ length: 40 }, () => null)), 'ynu? ');
    expect(keys.filter((key) => key !== '' && 'ynu? '.includes(key))).toEqual([]);
  });

  it('are each of one class, and none where they ran out', () => {
    const given = keysOf(classes('3', null, 'a', ...Array.from({ length: 50 }, () => null)));
    const some = given.filter((key) => key !== '');
    expect(new Set(some).size).toBe(some.length);
    expect(given.at(-1)).toBe('');
  });
});
