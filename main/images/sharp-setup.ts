/**
 * sharp, configured once: many images at a time on the thread pool, each on one thread, nothing cached between images.
 */
import sharp from 'sharp';

sharp.concurrency(1);
sharp.cache(false);

/** Larger images are refused: 1 gigapixel is beyond any camera and would take gigabytes to decode. */
export const MOST_PIXELS = 2 ** 30;

export { sharp };
