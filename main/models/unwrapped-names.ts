/**
 * The names that a network's tensors have inside of whatever it was trained in. DataParallel writes `module.` before each,
 * Lightning `model.`, a compiled network `_orig_mod.`, a detector or a head kept apart `backbone.`, and they nest.
 */

/** The stem and the first block of every network of the family: what stands before both is the wrapping. */
const STEM = 'conv1.weight';
const FIRST_BLOCK = 'layer1.0.conv1.weight';
const CLASSIFIER = /(?:^|\.)(fc\.(?:weight|bias))$/;

/**
 * From torchvision's name to the name in the file. Names that are already torchvision's, and those of no network or of
 * several (a student beside its teacher), stay as they are.
 */
export function unwrappedNames(names: Iterable<string>): Map<string, string> {
  const stored = [...names];
  const asStored = () => new Map(stored.map((name) => [name, name]));
  const prefix = wrappingOf(stored);
  if (prefix === undefined || prefix === '') return asStored();
  const unwrapped = new Map<string, string>();
  for (const name of stored) {
    // The classifier may be wrapped otherwise than the body: head.fc.weight beside backbone.conv1.weight.
    const inner = name.startsWith(prefix) ? name.slice(prefix.length) : (CLASSIFIER.exec(name)?.[1] ?? name);
    if (unwrapped.has(inner)) return asStored();
    unwrapped.set(inner, name);
  }
  return unwrapped;
}

/** Undefined when there is not exactly one body. */
function wrappingOf(names: readonly string[]): string | undefined {
  const known = new Set(names);
  const prefixes = names
    .filter((name) => name === FIRST_BLOCK || name.endsWith(`.${FIRST_BLOCK}`))
    .map((name) => name.slice(0, -FIRST_BLOCK.length))
    .filter((prefix) => known.has(prefix + STEM));
  return prefixes.length === 1 ? prefixes[0] : undefined;
}
