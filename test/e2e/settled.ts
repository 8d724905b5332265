/** A page that has finished loading: no skeleton, no spinner, and every picture in sight has loaded. */
import { expect, type Page } from '@playwright/test';

export async function settled(page: Page): Promise<void> {
  await expect(
    page.locator('[role=status][aria-label$="…"], .mantine-Skeleton-root, .mantine-Loader-root'),
  ).toHaveCount(0);
  await page.waitForFunction(() => {
    const inSight = [...document.querySelectorAll('img')].filter((image) => {
      const { top, bottom, left, right, width } = image.getBoundingClientRect();
      return width > 0 && bottom > 0 && right > 0 && top < window.innerHeight && left < window.innerWidth;
    });
    return inSight.every(
      ({ complete, naturalWidth, dataset }) => complete && naturalWidth > 0 && dataset.loaded !== 'false',
    );
  });
  // Content is painted once it is decoded, in the frame after the next.
  await page.evaluate(async () => {
    const frame = () => new Promise((resolve) => requestAnimationFrame(resolve));
    const there = [...document.images].filter(({ complete, naturalWidth }) => complete && naturalWidth > 0);
    await Promise.all(there.map(async (image) => await image.decode().catch(() => undefined)));
    await frame();
    await frame();
  });
}
