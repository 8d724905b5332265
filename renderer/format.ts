/** Numbers, sizes, times and dates as the user's locale writes them. */
const counts = new Intl.NumberFormat();
const compactCounts = new Intl.NumberFormat(undefined, { notation: 'compact', maximumSignificantDigits: 3 });
/** Smaller counts are written out, as their last digit may matter. */
const COMPACT_FROM = 100_000;
const percents = new Intl.NumberFormat(undefined, { style: 'percent', maximumFractionDigits: 1 });
const amounts = new Intl.NumberFormat(undefined, { maximumSignificantDigits: 3 });
const dates = new Intl.DateTimeFormat(undefined, { dateStyle: 'medium', timeStyle: 'short' });

const BYTE_UNITS = ['B', 'KiB', 'MiB', 'GiB', 'TiB'] as const;

export function formatCount(count: number): string {
  return counts.format(count);
}

/** Where there is little room. */
export function formatShortCount(count: number): string {
  return (count < COMPACT_FROM ? counts : compactCounts).format(count);
}

/** `share` is 0 to 1. */
export function formatPercent(share: number): string {
  return percents.format(share);
}

export function formatBytes(bytes: number): string {
  const step = bytes < 1 ? 0 : Math.min(BYTE_UNITS.length - 1, Math.floor(Math.log2(bytes) / 10));
  return `${amounts.format(bytes / 1024 ** step)} ${BYTE_UNITS[step]}`;
}

export function formatDuration(seconds: number): string {
  if (seconds < 1) return '< 1 s';
  if (seconds < 90) return `${Math.round(seconds)} s`;
  const minutes = Math.round(seconds / 60);
  if (minutes < 90) return `${minutes} min`;
  const hours = Math.floor(minutes / 60);
  return hours < 48 ? `${hours} h ${minutes % 60} min` : `${counts.format(Math.round(hours / 24))} days`;
}

export function formatDate(iso: string): string {
  return dates.format(new Date(iso));
}
