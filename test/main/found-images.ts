import type { ImageLocator } from '../../main/images/image-locator.ts';
import { imagesAt } from '../../main/pipeline/classify.ts';

/** All images at the path, as `classify` lists them. */
export async function foundImages(
  path: string,
  onProblem: Parameters<typeof imagesAt>[2] = () => {},
): Promise<ImageLocator[]> {
  const images = await imagesAt(path, new AbortController().signal, onProblem);
  try {
    return await images.part(0, images.length);
  } finally {
    await images.close();
  }
}
