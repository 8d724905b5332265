/**
 * Results of a card's test, kept in the user's settings: they hold for that card with that driver and this program
 * version, so that a run that may choose its device need not test it again. The doctor command always tests anew.
 */
import { join } from 'node:path';
import { z } from 'zod';
import { type Device, deviceName } from '../engines/device.ts';
import { engineOf } from '../engines/engines.ts';
import { readKeptList, writeKeptList } from '../kept-list.ts';
import { PROGRAM_VERSION } from '../program-version.ts';
import { settingsFolder } from '../settings-folder.ts';
import type { ProbeReport } from './examine-devices.ts';

const precisionReport = { worstError: z.number(), imagesPerSecond: z.number().positive() };
const schema = z.array(
  z.object({
    device: z.string(),
    /** The card, its driver and the program version. */
    of: z.string(),
    report: z.discriminatedUnion('works', [
      z.object({
        works: z.literal(true),
        ...precisionReport,
        bf16: z.object(precisionReport).exactOptional(),
      }),
      z.object({ works: z.literal(false), reason: z.string() }),
    ]),
  }),
);

/** Undefined for a device that does not identify its card, and for one that was not tested in its present state. */
export async function rememberedVerdict(device: Device): Promise<ProbeReport | undefined> {
  const of = testedAs(device);
  if (of === undefined) return undefined;
  // Unreadable settings must not prevent testing.
  const entries = await readKeptList(verdictsFile(), schema).catch(() => []);
  return entries.find((entry) => entry.device === deviceName(device) && entry.of === of)?.report;
}

export async function rememberVerdict(device: Device, report: ProbeReport): Promise<void> {
  const of = testedAs(device);
  if (of === undefined) return;
  const name = deviceName(device);
  try {
    const others = (await readKeptList(verdictsFile(), schema)).filter((entry) => entry.device !== name);
    await writeKeptList(verdictsFile(), [...others, { device: name, of, report }]);
  } catch {
    // Not fatal: the device is tested again next time.
  }
}

function testedAs(device: Device): string | undefined {
  const card = engineOf(device).identity?.(device);
  return card && `${card}, Understudy ${PROGRAM_VERSION}`;
}

function verdictsFile(): string {
  return join(settingsFolder(), 'tested-cards.json');
}
