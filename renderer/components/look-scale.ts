/** The scale of the page on high-resolution screens: set in styles.css, read here for layouts in pixels. */
import { useSyncExternalStore } from 'react';

let known: number | undefined;

/** 1 on ordinary screens, and where there is no page. */
export function lookScale(): number {
  known ??= measured();
  return known;
}

export function useLookScale(): number {
  return useSyncExternalStore(subscribe, lookScale);
}

/** A length in pixels, scaled with the screen, for a style. */
export function scaled(px: number): string {
  return `calc(${px}px * var(--look-scale))`;
}

function measured(): number {
  if (typeof document === 'undefined') return 1;
  return Number(getComputedStyle(document.documentElement).getPropertyValue('--look-scale')) || 1;
}

function subscribe(onChange: () => void): () => void {
  const look = () => {
    known = measured();
    onChange();
  };
  window.addEventListener('resize', look);
  return () => window.removeEventListener('resize', look);
}
