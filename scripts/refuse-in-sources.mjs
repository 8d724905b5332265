/** What our own checks share: every source file of the program is read, findings are listed, and the check fails. */
import { readdirSync, readFileSync } from 'node:fs';
import { exit } from 'node:process';
import { fileURLToPath } from 'node:url';
import ts from 'typescript';

const ROOT = fileURLToPath(new URL('..', import.meta.url));

/**
 * @typedef {{ line: number, text: string }} Found lines are counted from 1
 */

/**
 * @param {string} path decides whether JSX is expected
 * @param {string} text
 * @param {(node: ts.Node) => string | undefined} tell the text to list for a node, if any
 * @param {boolean} alsoWithin whether nodes within a listed node are examined too
 * @returns {Found[]}
 */
export function eachFound(path, text, tell, alsoWithin = true) {
  const file = ts.createSourceFile(path, text, ts.ScriptTarget.Latest, true);
  /** @type {Found[]} */
  const found = [];
  /** @param {ts.Node} node */
  const visit = (node) => {
    const told = tell(node);
    if (told !== undefined) {
      found.push({ line: file.getLineAndCharacterOfPosition(node.getStart()).line + 1, text: told });
    }
    if (told === undefined || alsoWithin) ts.forEachChild(node, visit);
  };
  visit(file);
  return found;
}

/**
 * @param {(path: string, text: string) => Found[]} find
 * @param {(count: number) => string} sentence what was found, and what to do
 * @param {(path: string) => boolean} isAsked which files to check, by their paths from the root
 */
export function refuseInSources(find, sentence, isAsked = () => true) {
  let failures = 0;
  const files = ['main', 'renderer', 'electron'].flatMap((folder) =>
    readdirSync(`${ROOT}${folder}`, { recursive: true, encoding: 'utf8' }).map((path) => `${folder}/${path}`),
  );
  for (const path of files.filter((name) => /\.tsx?$/.test(name) && isAsked(name))) {
    for (const { line, text } of find(path, readFileSync(`${ROOT}${path}`, 'utf8'))) {
      console.error(`${path}:${line}: ${text}`);
      failures++;
    }
  }
  if (failures === 0) return;
  console.error(sentence(failures));
  exit(1);
}
