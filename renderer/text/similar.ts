/** The words of looking for images that are like a picture. */
export const similar = {
  act: 'Like this one',
  does: 'Show the images that the brought network sees as the nearest to this one',
  list: 'Images like it, the nearest first',
  none: 'No other image was looked at.',
  cosine: (value: number) => value.toFixed(3),
  find: 'Find by a picture',
  lead: 'Choose a picture from anywhere, or drop it here: the images that are the most like it come first. It is looked at and kept nowhere.',
  choose: 'Choose a picture…',
  nearestTo: (name: string) => `Like ${name}`,
} as const;
