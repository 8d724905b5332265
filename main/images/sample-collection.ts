export async function generateSampleCollection(
  directory: string,
  _options: {
    seed: number;
    labelledPerClass: number;
    unlabelled: number;
    heldOutPerClass: number;
    sizePx: number;
    signal?: AbortSignal;
    onProgress?: (done: number) => void;
  },
): Promise<{ labelled: string; unlabelled: string; heldOut: string; images: number }> {
  throw new Error(directory);
}
