/** Texts for finding images that are similar to a picture. */
export const similar = {
  act: 'Like this one',
  does: 'Show the images that the network you brought sees as closest to this one',
  list: 'Images like it, closest first',
  none: 'The network has computed features of no other image.',
  cosine: (value: number) => value.toFixed(3),
  find: 'Find by a picture',
  lead: 'Choose a picture from anywhere, or drop it here: the images most like it come first. It is not kept.',
  choose: 'Choose a picture…',
  nearestTo: (name: string) => `Like ${name}`,
} as const;
