/**
 * The names that a network's tensors have inside whatever wrapper it was trained in. DataParallel prefixes each with
 * `module.`, Lightning with `model.`, a compiled network with `_orig_mod.`, a detector or a separate head with
 * `backbone.`, and these can be nested.
 */
import type { Landmarks } from './architecture.ts';
import { allArchitectures } from './architectures.ts';

/**
 * Maps the names that a family of networks uses to the names in the file. Names without a prefix, and those of no
 * network or of several (a student beside its teacher), stay as they are.
 */
export function unwrappedNames(names: Iterable<string>): Map<string, string> {
  const stored = [...names];
  const asStored = () => new Map(stored.map((name) => [name, name]));
  const found = allArchitectures
    .flatMap(({ landmarks }) => landmarks)
    .flatMap((landmarks) => wrappingsOf(stored, landmarks).map((prefix) => ({ prefix, landmarks })));
  const [only] = found;
  if (!only || found.length > 1 || only.prefix === '') return asStored();
  const { prefix, landmarks } = only;
  const unwrapped = new Map<string, string>();
  for (const name of stored) {
    // The classifier may have another prefix than the body: head.fc.weight beside backbone.conv1.weight.
    const inner = name.startsWith(prefix) ? name.slice(prefix.length) : (classifierOf(name, landmarks) ?? name);
    if (unwrapped.has(inner)) return asStored();
    unwrapped.set(inner, name);
  }
  return unwrapped;
}

/** The common prefixes of the stem and the first block. */
function wrappingsOf(names: readonly string[], { stem, firstBlock }: Landmarks): string[] {
  const known = new Set(names);
  return names
    .filter((name) => name === firstBlock || name.endsWith(`.${firstBlock}`))
    .map((name) => name.slice(0, -firstBlock.length))
    .filter((prefix) => known.has(prefix + stem));
}

function classifierOf(name: string, { classifier }: Landmarks): string | undefined {
  return classifier.find((tensor) => name === tensor || name.endsWith(`.${tensor}`));
}
