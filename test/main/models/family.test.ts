import { expect, it } from 'vitest';
import { WrongUsage } from '../../../main/failure.ts';
import { architecture } from '../../../main/models/family.ts';

it.each(['constructor', '__proto__', 'toString', 'resnet'])('knows no network called %s', (name) => {
  expect(() => architecture(name, 3)).toThrow(WrongUsage);
});
