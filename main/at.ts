/**
 * The element at `index`. Throws a `RangeError` if there is none: an index out of range is a bug, and must not silently
 * become image 0 or class 0.
 */
export function at<Element>(elements: ArrayLike<Element>, index: number): Element {
  const element = elements[index];
  if (element === undefined) throw new RangeError(`there is no element ${index} among ${elements.length}`);
  return element;
}
