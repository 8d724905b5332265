import { expect, it } from 'vitest';
import { fileNameOf } from '../../renderer/file-name.ts';

it.each([
  ['/home/me/back\\slash', 'back\\slash'],
  ['/home/me/', 'me'],
  ['/', '/'],
  ['C:\\Users\\me\\', 'me'],
  ['c:/Users\\me', 'me'],
  ['\\\\server\\share\\images', 'images'],
])('the name of %s is %s', (path, name) => {
  expect(fileNameOf(path)).toBe(name);
});
