import { expect, test } from 'vitest';
import { classNamesIn, parsedNames } from '../../../main/models/onnx/class-names.ts';

test.each([
  ['one per line', 'ant\nbee\ncow\n'],
  ['lines from Windows, with a mark at the beginning', '\uFEFFant\r\nbee\r\ncow\r\n'],
  ['numbered lines, as TensorFlow has them', '0  ant\n1  bee\n2  cow'],
  ['a JSON list', '["ant", "bee", "cow"]'],
  ['an object of numbers', '{"0": "ant", "2": "cow", "1": "bee"}'],
  ["ImageNet's index", '{"0": ["n01", "ant"], "1": ["n02", "bee"], "2": ["n03", "cow"]}'],
  ["Hugging Face's config", '{"model_type": "vit", "id2label": {"0": "ant", "1": "bee", "2": "cow"}}'],
  ['what Python prints of a dict', "{0: 'ant', 1: 'bee', 2: 'cow'}"],
  ['what Python prints of a list', "['ant', 'bee', 'cow']"],
])('class names are read from %s', (_, text) => {
  expect(parsedNames(text)).toEqual(['ant', 'bee', 'cow']);
});

test('apostrophes and quotes are part of names', () => {
  expect(parsedNames(`{0: "yellow lady's slipper", 1: 'the "best"', 2: 'it\\'s'}`)).toEqual([
    "yellow lady's slipper",
    'the "best"',
    "it's",
  ]);
});

test.each(['', '{', '[1, 2]', '{"1": "no beginning"}', 'ant\n\nbee', '{"id2label": 7}'])(
  '%j is not a list of names',
  (text) => {
    expect(parsedNames(text)).toBeUndefined();
  },
);

test('a list in a file’s metadata with as many names as outputs is taken for the class names', () => {
  const notes = new Map([
    ['author', '["a", "b", "c"]'],
    ['names', "{0: 'ant', 1: 'bee'}"],
    ['classes', 'ant\nbee\ncow'],
  ]);
  expect(classNamesIn(notes, 3)).toEqual(['ant', 'bee', 'cow']);
  expect(classNamesIn(notes, 2)).toEqual(['ant', 'bee']);
  expect(classNamesIn(notes, 4)).toBeUndefined();
});
