/** “1 image”, “3,209 images”; `several` where the plural is not `one` with an s. */
export function many(count: number, one: string, several = `${one}s`): string {
  return `${count.toLocaleString('en')} ${count === 1 ? one : several}`;
}
