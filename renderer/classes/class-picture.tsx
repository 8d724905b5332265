/** Illustrates a class: one of its images, small, framed in its colour. Only the colour if it has no image. */

import type { ClassInfo } from '../../main/api/contract.ts';
import { scaled } from '../components/look-scale.ts';
import { Picture } from '../images/picture.tsx';

interface ClassPictureProps {
  readonly projectId: string;
  readonly entry: Pick<ClassInfo, 'colour' | 'exampleImageId'>;
  readonly px: number;
}

export function ClassPicture({ projectId, entry: { colour, exampleImageId }, px }: ClassPictureProps) {
  return (
    <span
      aria-hidden
      style={{
        display: 'inline-block',
        flex: 'none',
        boxSizing: 'border-box',
        inlineSize: scaled(px),
        blockSize: scaled(px),
        overflow: 'hidden',
        border: `2px solid ${colour}`,
        borderRadius: 6,
        background: exampleImageId === null ? colour : 'var(--line)',
      }}
    >
      {exampleImageId !== null && (
        <Picture key={exampleImageId} projectId={projectId} imageId={exampleImageId} boxPx={px} alt="" />
      )}
    </span>
  );
}
