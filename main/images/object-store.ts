/** Images that are objects of a storage: their bytes are requested by range. */

import { pathIn } from '../object-address.ts';
import type { ImageStore, ObjectLocator } from './image-locator.ts';
import { openObject } from './object-storage.ts';
import { sourcePlace } from './place.ts';

export const objectStore: ImageStore<ObjectLocator> = {
  async withOpen({ folder, relativePath, version }, work) {
    const object = await openObject(pathIn(folder, relativePath), version);
    return await work(object);
  },
  nameOf: ({ folder, relativePath }) => pathIn(folder, relativePath),
  placeOf: ({ folder }) => sourcePlace(folder),
};
