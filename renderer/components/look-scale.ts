/** By how much everything grows on a screen of many pixels: said in styles.css, for what is laid out in pixels here. */
import { useSyncExternalStore } from 'react';

let known: number | undefined;

/** 1 on usual screens, and where there is no page. */
export function lookScale(): number {
  known ??= measured();
  return known;
}

export function useLookScale(): number {
  return useSyncExternalStore(subscribe, lookScale);
}

/** A length in pixels as it grows with the screen, for a style. */
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
