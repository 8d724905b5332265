/** What is not built yet says so, in place of pretending. */
import { ExpectedFailure } from '../failure.ts';

class NotBuilt extends ExpectedFailure {}

export function absentFeature(name: string): NotBuilt {
  return new NotBuilt(`${name} is not part of this build: update Understudy.`);
}

/** A desk of which every call is refused. */
export function absentDesk<Desk extends object>(name: string): Desk {
  const refuse = async () => {
    throw absentFeature(name);
  };
  return new Proxy({} as Desk, { get: () => refuse });
}
