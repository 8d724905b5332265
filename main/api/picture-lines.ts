/**
 * The pictures of a screen in one answer, a line of JSON for each (`SentPicture`) as soon as it is ready: a request for each
 * would take longer than its picture.
 */
import type { SentPicture } from './contract.ts';

export function pictureLines(
  imageIds: readonly number[],
  pictureOf: (imageId: number) => Promise<{ readonly picture: Uint8Array }>,
): ReadableStream<Uint8Array> {
  let wanted = true;
  return new ReadableStream({
    async start(answer) {
      const sent = imageIds.map(async (imageId) => {
        const made = await pictureOf(imageId).catch(() => undefined);
        const line: SentPicture = { imageId, picture: made && dataUrl(made.picture) };
        if (wanted) answer.enqueue(Buffer.from(`${JSON.stringify(line)}\n`));
      });
      await Promise.all(sent);
      if (wanted) answer.close();
    },
    cancel() {
      wanted = false;
    },
  });
}

function dataUrl(jpeg: Uint8Array): string {
  return `data:image/jpeg;base64,${Buffer.from(jpeg).toString('base64')}`;
}
