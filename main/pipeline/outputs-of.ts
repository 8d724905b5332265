import type { RunClasses } from '../catalogue/run-classes.ts';

/** Maps catalogue ids of classes to the network's outputs; the inverse is `classIds[output]`. */
export function outputsOf({ classIds }: RunClasses, catalogueIds: Int32Array): Int32Array {
  const outputs = new Map(classIds.map((id, output) => [id, output]));
  return catalogueIds.map((id) => {
    const output = outputs.get(id);
    if (output === undefined) throw new Error(`class ${id} is none of the network's`);
    return output;
  });
}
