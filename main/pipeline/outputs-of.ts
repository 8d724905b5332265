import type { RunClasses } from '../catalogue/run-classes.ts';

/** From the catalogue's numbers of classes to the network's; the way back is `classIds[output]`. */
export function outputsOf({ classIds }: RunClasses, catalogueIds: Int32Array): Int32Array {
  const outputs = new Map(classIds.map((id, output) => [id, output]));
  return catalogueIds.map((id) => {
    const output = outputs.get(id);
    if (output === undefined) throw new Error(`class ${id} is none of the network's`);
    return output;
  });
}
