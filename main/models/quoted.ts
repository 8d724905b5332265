const LONGEST = 80;

/** A name from a file, as a sentence may show it: short, and without what would steer a terminal. */
export function quoted(name: string): string {
  const short = name.length > LONGEST ? `${name.slice(0, LONGEST)}…` : name;
  // biome-ignore lint/suspicious/noControlCharactersInRegex: those are what must not pass
  return `“${short.replaceAll(/[\u0000-\u001f\u007f-\u009f\u2028-\u202e\u2066-\u2069]/g, escaped)}”`;
}

function escaped(character: string): string {
  return `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`;
}
