/** From the names that another library gives a network's tensors to ours. */
import type { Shape } from '../graph/program.ts';
import type { TensorPlace } from './architecture.ts';

/** A pattern of a name in a file, and what it is called here: `$1` stands for what the pattern found, a function reckons. */
export type Renaming = readonly [pattern: RegExp, name: string | ((...found: string[]) => string)];

/** The first that fits renames; a name that none fits keeps its own. */
export function renamed(shapes: ReadonlyMap<string, Shape>, renamings: readonly Renaming[]): Map<string, TensorPlace> {
  return new Map(
    [...shapes].map(([storedAs, shape]) => [renamedAs(storedAs, renamings), { storedAs, shape }] as const),
  );
}

function renamedAs(name: string, renamings: readonly Renaming[]): string {
  for (const [pattern, to] of renamings) {
    const found = pattern.exec(name);
    if (!found) continue;
    return typeof to === 'string' ? name.replace(pattern, to) : to(...found.slice(1));
  }
  return name;
}

/** Shapes that differ from the wanted ones in axes of one element alone become the wanted ones. */
export function withOurShapes(
  tensors: ReadonlyMap<string, TensorPlace>,
  wanted: ReadonlyMap<string, Shape>,
): Map<string, TensorPlace> {
  const essential = (shape: Shape) => shape.filter((size) => size !== 1).join();
  return new Map(
    [...tensors].map(([name, place]) => {
      const shape = wanted.get(name);
      return [name, shape && essential(shape) === essential(place.shape) ? { ...place, shape } : place];
    }),
  );
}
