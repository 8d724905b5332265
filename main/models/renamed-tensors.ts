/** Maps another library's tensor names to ours. */
import type { Shape } from '../graph/program.ts';
import type { TensorPlace } from './architecture.ts';

/** A pattern for a name in a file, and our name: `$1` stands for the first group, a function computes the name. */
export type Renaming = readonly [pattern: RegExp, name: string | ((...found: string[]) => string)];

/** The first matching pattern renames; a name that matches none keeps its own. */
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

/** Shapes that differ from the wanted ones only in axes of length one become the wanted ones. */
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
