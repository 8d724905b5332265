import { expect, test } from 'vitest';
import { mapByNames, mapByTable } from '../../../main/pipeline/class-mapping.ts';

const OURS = ['T-shirt', 'Kaffee_Tasse', 'café', 'dog'];

test('classes are the same whatever their case, their accents and what stands between words', () => {
  expect(mapByNames(['t shirt', 'KAFFEE  TASSE', 'cafe\u0301', 'dog'], OURS).meaning).toEqual([0, 1, 2, 3]);
});

test('any of the names of a class will do, and several classes mean one', () => {
  const theirs = ['jersey, T-shirt, tee shirt', 'toy dog, dog', 'hound, Dog', 'tench, Tinca tinca'];
  const { meaning, sentences } = mapByNames(theirs, OURS);
  expect(meaning).toEqual([0, 3, 3, -1]);
  expect(sentences).toEqual([
    "3 of its 4 classes correspond to 2 of the project's 4, some of them together.",
    'Of Kaffee_Tasse, café it knows nothing: no image is ranked for them.',
  ]);
});

test('a class whose whole name is ours is that one, whatever is listed beside it elsewhere', () => {
  expect(mapByNames(['dog, hound'], ['dog, hound', 'dog']).meaning).toEqual([0]);
});

test('an ambiguous class, and the lack of any common class, are asked about', () => {
  expect(() => mapByNames(['dog, café'], OURS)).toThrow(/may be “dog” and “café”: say which with --map/);
  expect(() => mapByNames(['hand', 'foot'], OURS)).toThrow(/None of its 2 classes \(hand, foot\).*--map/);
});

test('a table says what means what, by name, by one of its names, or by number', () => {
  const theirs = ['background', 'tench, Tinca tinca', 'goldfish'];
  const pairs = [
    { theirs: 'Tinca tinca', ours: 'dog' },
    { theirs: '2', ours: 'DOG' },
  ];
  expect(mapByTable(theirs, OURS, pairs).meaning).toEqual([-1, 3, 3]);
});

test('a table with an unknown class, or two meanings for one, is refused', () => {
  const refused = (theirs: string, ours: string) => () => mapByTable(['a', 'b'], OURS, [{ theirs, ours }]);
  expect(refused('c', 'dog')).toThrow(/“c” that the network does not have/);
  expect(refused('7', 'dog')).toThrow(/“7” that the network does not have/);
  expect(refused('a', 'cat')).toThrow(/“cat” that this project does not have: its classes are T-shirt/);
  const twice = [
    { theirs: 'a', ours: 'dog' },
    { theirs: '0', ours: 'café' },
  ];
  expect(() => mapByTable(['a', 'b'], OURS, twice)).toThrow(/gives “0” two meanings/);
});
