import type { Shape } from '../graph/program.ts';

/** Blocks per stage, layer1.0 … layer1.n, layer2.0 …, each recognised by containing a tensor of this name. */
export function countLayers(shapes: ReadonlyMap<string, Shape>, tensor: string): number[] {
  const has = (stage: number, block: number) => shapes.has(`layer${stage}.${block}.${tensor}`);
  const layers: number[] = [];
  while (has(layers.length + 1, 0)) {
    let blocks = 1;
    while (has(layers.length + 1, blocks)) blocks++;
    layers.push(blocks);
  }
  return layers;
}
