/** A project's sources in numbers, and whether they are reachable now. */
import type { Project } from '../catalogue/project.ts';
import type { CatalogueSummary } from '../catalogue/summarise.ts';
import { sourcePlace } from '../images/place.ts';

export type SourceStatus = CatalogueSummary['sources'][number] & {
  /** False if the folder does not respond: its images count as missing until it does. */
  readonly present: boolean;
  /** Why it is not, phrased to follow the folder's name; null if it is. */
  readonly away: string | null;
};

export async function sourceStatus({ catalogue }: Project): Promise<SourceStatus[]> {
  const { sources } = await catalogue.summary();
  return await Promise.all(
    sources.map(async (source) => {
      const away = (await sourcePlace(source.folder).whyAway()) ?? null;
      if (away === null) return { ...source, present: true, away };
      return { ...source, present: false, away, images: 0, missing: source.missing + source.images };
    }),
  );
}
