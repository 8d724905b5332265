/** An image by id in a box of fixed size, so that nothing moves when it comes. */
import { RankPicture } from '../views/ranks/rank-picture.tsx';

interface ThumbnailProps {
  readonly projectId: string;
  readonly imageId: number;
  readonly boxPx: number;
  readonly alt: string;
}

export function Thumbnail(props: ThumbnailProps) {
  const { boxPx } = props;
  return (
    <span
      style={{
        display: 'inline-block',
        width: boxPx,
        height: boxPx,
        overflow: 'hidden',
        borderRadius: 6,
        background: 'var(--line)',
      }}
    >
      <RankPicture {...props} />
    </span>
  );
}
