/** The address of a fleet's Redis, as the user writes it. */
import { WrongUsage } from '../failure.ts';

/** Throws `WrongUsage` for anything that is not such an address. */
export function fleetAddress(text: string): URL {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url && ['redis:', 'rediss:'].includes(url.protocol) && url.hostname !== '') return url;
  throw new WrongUsage(`“${text}” is not the address of a Redis server: give one such as redis://192.168.0.10:6379.`);
}

/** Without the password. */
export function shownAddress({ protocol, host }: URL): string {
  return `${protocol}//${host}`;
}
