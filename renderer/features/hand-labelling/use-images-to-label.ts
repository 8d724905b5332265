/**
 * The images to label, in order, fetched well before they are needed. Images that were drawn are kept, whatever is answered.
 */
import { useCallback, useEffect, useState } from 'react';
import type { LabellingOrder, LabellingQueue } from '../../../main/api/contract.ts';
import { api, read } from '../../client.ts';

const AT_ONCE = 50;
/** For one class, when more are requested. */
const OF_CLASS = 20;
/** The API's limit. */
const MOST = 1000;

export type ImageToLabel = LabellingQueue['images'][number];

interface Drawn {
  readonly images: readonly ImageToLabel[];
  /** The number of unlabelled images at the first draw; null before it. */
  readonly total: number | null;
  readonly fellBack: boolean;
  /** No more images are left. */
  readonly ended: boolean;
}

const NOTHING: Drawn = { images: [], total: null, fellBack: false, ended: false };

export interface ImagesToLabel extends Drawn {
  readonly error: Error | null;
  /** Draws more; `unanswered` of the drawn ones are still unlabelled in the workbench, as far as is known. */
  more(unanswered: number): void;
}

/** `classId`: only a few that the teacher assigns to this class. */
export function useImagesToLabel(projectId: string, order: LabellingOrder, classId: number | null): ImagesToLabel {
  const [drawn, setDrawn] = useState<Drawn>(NOTHING);
  const [limit, setLimit] = useState<number | null>(classId === null ? AT_ONCE : OF_CLASS);
  const [error, setError] = useState<Error | null>(null);
  useEffect(() => {
    if (limit === null) return undefined;
    const over = new AbortController();
    const request = api.projects[':project']['labelling-queue'].$get(
      {
        param: { project: projectId },
        query: {
          ...{ order, limit: String(limit), seed: '0' },
          ...(classId === null ? {} : { class: String(classId) }),
        },
      },
      { init: { signal: over.signal } },
    );
    read(request).then(
      (answer) => {
        setDrawn((before) => ({ ...withMore(before, answer, limit), ...(classId === null ? {} : { ended: true }) }));
        setError(null);
        setLimit(null);
      },
      (thrown: Error) => {
        if (over.signal.aborted) return;
        setError(thrown);
        setLimit(null);
      },
    );
    return () => over.abort();
  }, [projectId, order, limit, classId]);
  const more = useCallback(
    (unanswered: number) => setLimit((asked) => asked ?? Math.min(MOST, unanswered + AT_ONCE)),
    [],
  );
  return { ...drawn, error, more };
}

function withMore(before: Drawn, { images, total, fellBack }: LabellingQueue, limit: number): Drawn {
  const known = new Set(before.images.map(({ imageId }) => imageId));
  const fresh = images.filter(({ imageId }) => !known.has(imageId));
  return {
    images: [...before.images, ...fresh],
    total: before.total ?? total,
    fellBack: before.fellBack || fellBack,
    ended: images.length < limit || (fresh.length === 0 && limit === MOST),
  };
}
