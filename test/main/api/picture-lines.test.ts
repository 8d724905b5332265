import { expect, it } from 'vitest';
import { pictureLines } from '../../../main/api/picture-lines.ts';

it('sends each picture as soon as it is ready, and nothing once the page has left', async () => {
  const ready = new Map<number, () => void>();
  const reader = pictureLines([1, 2, 3], async (imageId) => {
    await new Promise<void>((resolve) => ready.set(imageId, resolve));
    if (imageId === 2) throw new Error('out of reach');
    return { picture: Uint8Array.of(imageId) };
  }).getReader();
  const next = async () => JSON.parse(new TextDecoder().decode((await reader.read()).value));
  ready.get(3)?.();
  expect(await next()).toEqual({ imageId: 3, picture: 'data:image/jpeg;base64,Aw==' });
  ready.get(2)?.();
  expect(await next()).toEqual({ imageId: 2 });
  await reader.cancel();
  ready.get(1)?.();
  expect(await reader.read()).toEqual({ done: true, value: undefined });
});
