/** Number formats of the report, for the terminal and the page. */
export function percent(share: number): string {
  return `${(100 * share).toFixed(1)} %`;
}

/** A difference of shares in percentage points, with its sign. */
export function points(difference: number): string {
  return `${signed(difference)} points`;
}

export function signed(difference: number): string {
  const value = (100 * Math.abs(difference)).toFixed(1);
  return `${difference < 0 && value !== '0.0' ? '−' : '+'}${value}`;
}

export function interval([low, high]: readonly [number, number], write: (bound: number) => string): string {
  return `${write(low)} to ${write(high)}`;
}

export function thousands(count: number): string {
  return count.toLocaleString('en');
}

export function duration(seconds: number): string {
  if (seconds < 90) return `${seconds.toFixed(1)} s`;
  const minutes = Math.round(seconds / 60);
  return minutes < 90 ? `${minutes} min` : `${Math.floor(minutes / 60)} h ${minutes % 60} min`;
}

/** About `count` round numbers from at most `low` to at least `high`. */
export function roundTicks(low: number, high: number, count: number): number[] {
  const rough = (high - low || 1) / count;
  const decade = 10 ** Math.floor(Math.log10(rough));
  const step = decade * ([1, 2, 5, 10].find((factor) => factor * decade >= rough * 0.999) ?? 10);
  const [first, last] = [Math.floor(low / step + 1e-9), Math.ceil(high / step - 1e-9)];
  return Array.from({ length: last - first + 1 }, (_, index) => Number(((first + index) * step).toPrecision(12)));
}

/** A dash for a class without a held-out image. */
export function f1Text({ images, f1 }: { readonly images: number; readonly f1: number }): string {
  return images === 0 ? '–' : percent(f1);
}
