/**
 * Draws the rooms and arrows in ARCHITECTURE.md from the rules of .dependency-cruiser.cjs, the single source of truth. Fails
 * when the file differs; `--write` updates it.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { argv, exit } from 'node:process';
import { fileURLToPath } from 'node:url';

const BEGIN = '<!-- What follows is drawn from the rules: node scripts/draw-arrows.mjs --write -->\n';
const END = '<!-- What was drawn ends here. -->\n';

/**
 * For each room, the rooms that it may import from, in the order of the rules. A rule that forbids everything in main/ except
 * some rooms allows these; rules about single files or packages allow none.
 */
export function arrowsOf({ forbidden }) {
  const arrows = new Map();
  for (const { from, to } of forbidden) {
    const room = /^\^(?:main\/)?([a-z]+)\/$/.exec(from.path ?? '')?.[1];
    const isAboutRooms = [to.path].flat().some((path) => /^\^\(?main\b/.test(path ?? ''));
    if (room === undefined || !isAboutRooms || to.dependencyTypesNot) continue;
    const allowed = [to.pathNot ?? []].flat().flatMap((path) => roomsIn(path));
    arrows.set(
      room,
      [...new Set([...(arrows.get(room) ?? []), ...allowed])].filter((name) => name !== room),
    );
  }
  return arrows;
}

/** From `^main/graph/`, `^main/(server|workbench)/` or `^main/(api/(contract|app)|visible)\.ts$`. */
function roomsIn(pattern) {
  const inside = /^\^main\/(.*)$/.exec(pattern)?.[1] ?? '';
  const names = /^\(([a-z|]+)\)\//.exec(inside)?.[1]?.split('|');
  return names ?? [...inside.matchAll(/(?:^|\(|\|)([a-z]+)\//g)].map((match) => match[1]);
}

/** A diagram of the arrows that do not follow from two others, and the list of all. */
export function drawn(arrows) {
  const rooms = inOrder(arrows);
  const edges = rooms.flatMap((room) => {
    const reached = new Set(direct(arrows, room).flatMap((other) => [...reachedFrom(arrows, other)]));
    return direct(arrows, room)
      .filter((other) => !reached.has(other))
      .map((other) => `  ${room} --> ${other}`);
  });
  const width = Math.max(...rooms.map((room) => room.length));
  const list = rooms.map((room) => `${room.padEnd(width)} ─► ${direct(arrows, room).join(', ') || 'no other room'}`);
  return [
    ...['```mermaid', 'graph TD', ...edges, '```', ''],
    ...['An arrow that follows from two others is left out above. All that a room may import from:', ''],
    ...['```', ...list, '```', ''],
  ].join('\n');
}

function direct(arrows, room) {
  return arrows.get(room) ?? [];
}

function reachedFrom(arrows, room) {
  const reached = new Set();
  const follow = (from) => {
    for (const other of direct(arrows, from)) {
      if (reached.has(other)) continue;
      reached.add(other);
      follow(other);
    }
  };
  follow(room);
  return reached;
}

/** Every room comes before all rooms that it reaches; rooms of equal height in alphabetical order. */
function inOrder(arrows) {
  const rooms = [...new Set([...arrows.keys(), ...[...arrows.values()].flat()])];
  const height = new Map();
  const heightOf = (room) => {
    const known = height.get(room);
    if (known !== undefined) return known;
    // The rules forbid cycles; here the recursion only has to end.
    height.set(room, 0);
    const found = Math.max(0, ...direct(arrows, room).map((other) => heightOf(other) + 1));
    height.set(room, found);
    return found;
  };
  return rooms.sort((a, b) => heightOf(b) - heightOf(a) || a.localeCompare(b));
}

/** The text with its drawn part replaced. Throws if it has no place for it. */
export function withDrawing(text, drawing) {
  const [begin, end] = [text.indexOf(BEGIN), text.indexOf(END)];
  if (begin < 0 || end < begin) throw new Error('ARCHITECTURE.md lacks the two comments around the drawing');
  return `${text.slice(0, begin)}${BEGIN}\n${drawing}\n${text.slice(end)}`;
}

if (argv[1] === fileURLToPath(import.meta.url)) {
  const file = fileURLToPath(new URL('../ARCHITECTURE.md', import.meta.url));
  const rules = createRequire(import.meta.url)('../.dependency-cruiser.cjs');
  const text = readFileSync(file, 'utf8');
  const right = withDrawing(text, drawn(arrowsOf(rules)));
  if (argv.includes('--write')) writeFileSync(file, right);
  else if (text !== right) {
    console.error('The arrows in ARCHITECTURE.md differ from the rules: run node scripts/draw-arrows.mjs --write.');
    exit(1);
  }
}
