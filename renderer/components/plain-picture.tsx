/** A picture at an address, in a box of fixed size; if it does not load, the box stays neutral. */
import { scaled } from './look-scale.ts';

interface PlainPictureProps {
  readonly src: string;
  readonly boxPx: number;
  readonly alt: string;
}

export function PlainPicture({ src, boxPx, alt }: PlainPictureProps) {
  return (
    <span
      style={{
        display: 'inline-block',
        inlineSize: scaled(boxPx),
        blockSize: scaled(boxPx),
        overflow: 'hidden',
        borderRadius: 6,
        background: 'var(--line)',
      }}
    >
      <img
        alt={alt}
        src={src}
        loading="lazy"
        decoding="async"
        style={{ display: 'block', inlineSize: '100%', blockSize: '100%', objectFit: 'cover' }}
        onError={({ currentTarget }) => currentTarget.removeAttribute('src')}
      />
    </span>
  );
}
