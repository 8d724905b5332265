/** One sentence about known images that are missing when the report is written. */
import { thousands } from './numbers.ts';

export function missingText(count: number): string {
  const [images, verb] = count === 1 ? ['image', 'is'] : ['images', 'are'];
  return `${thousands(count)} ${images} that the project knows ${verb} missing now: gone, or in a folder that is not there; understudy status says which.`;
}
