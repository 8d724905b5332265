/** An image by id in a box of fixed size, so that nothing moves when it loads. */
import { scaled } from '../components/look-scale.ts';
import { Picture, type PictureProps } from './picture.tsx';

export function Thumbnail(props: PictureProps) {
  const { boxPx } = props;
  return (
    <span
      style={{
        display: 'inline-block',
        width: scaled(boxPx),
        height: scaled(boxPx),
        overflow: 'hidden',
        borderRadius: 6,
        background: 'var(--line)',
      }}
    >
      <Picture {...props} />
    </span>
  );
}
