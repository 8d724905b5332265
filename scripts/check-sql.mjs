/**
 * Refuses SQL outside main/catalogue/: text that is SQL, and calls that hand it to a database. The other rooms ask for what they
 * want through a named function of the catalogue, so that only one room knows what tables and columns there are. What merely
 * holds several of those functions together (a transaction, chosen images) may be called anywhere. Only the syntax is read.
 */
import { readdirSync, readFileSync } from 'node:fs';
import { argv, exit } from 'node:process';
import { fileURLToPath } from 'node:url';
import ts from 'typescript';

/** Methods of `Database` that take SQL or a table's name. */
const ASKING = new Set(['run', 'rows', 'integers', 'number', 'columns', 'append', 'appendColumns']);

const SQL = [
  /\bSELECT\b[\s\S]*\bFROM\b/,
  /\bINSERT\s+(?:OR\s+REPLACE\s+)?INTO\b/,
  /\bUPDATE\s+\S+\s+SET\b/,
  /\bDELETE\s+FROM\b/,
  /\b(?:CREATE|DROP|ALTER)\s+(?:OR\s+REPLACE\s+)?(?:TEMP\s+)?(?:TABLE|VIEW|SEQUENCE)\b/,
  /\b(?:ORDER|GROUP|PARTITION)\s+BY\b/,
  /\b(?:SEMI|ANTI|LEFT|INNER)\s+JOIN\b/,
  /\bread_parquet\(/,
  /\bCOPY\s+\(/,
  /\bWHERE\s+\S+\s*(?:=|<|>|IN\b|IS\b)/,
];

const MAYBE_ASKING = /database\s*\.\s*\w+\(/;

/**
 * @param {string} path decides whether JSX is expected
 * @param {string} text
 * @returns {{ line: number, text: string }[]} lines are counted from 1
 */
export function sqlIn(path, text) {
  // Most files have nothing that could be any, and need no parsing.
  if (!MAYBE_ASKING.test(text) && !SQL.some((pattern) => pattern.test(text))) return [];
  const file = ts.createSourceFile(path, text, ts.ScriptTarget.Latest, true);
  /** @type {{ line: number, text: string }[]} */
  const found = [];
  /** @param {ts.Node} node */
  const visit = (node) => {
    if (isAsking(node) || isSql(node)) {
      found.push({
        line: file.getLineAndCharacterOfPosition(node.getStart()).line + 1,
        text: firstLine(node.getText()),
      });
      return;
    }
    ts.forEachChild(node, visit);
  };
  visit(file);
  return found;
}

/** `database.rows(…)`, `project.database.run(…)`. @param {ts.Node} node */
function isAsking(node) {
  if (!ts.isCallExpression(node) || !ts.isPropertyAccessExpression(node.expression)) return false;
  const { expression: receiver, name } = node.expression;
  return ASKING.has(name.text) && /(?:^|[.#])database$/.test(receiver.getText());
}

/** @param {ts.Node} node */
function isSql(node) {
  const isText = ts.isStringLiteral(node) || ts.isNoSubstitutionTemplateLiteral(node) || ts.isTemplateExpression(node);
  return isText && SQL.some((pattern) => pattern.test(node.getText().slice(1, -1)));
}

/** @param {string} text */
function firstLine(text) {
  return text.split('\n', 1)[0] ?? text;
}

if (argv[1] === fileURLToPath(import.meta.url)) {
  const root = fileURLToPath(new URL('..', import.meta.url));
  let failures = 0;
  const files = ['main', 'renderer', 'electron'].flatMap((folder) =>
    readdirSync(`${root}${folder}`, { recursive: true, encoding: 'utf8' }).map((path) => `${folder}/${path}`),
  );
  for (const path of files.filter((name) => /\.tsx?$/.test(name) && !name.startsWith('main/catalogue/'))) {
    for (const { line, text } of sqlIn(path, readFileSync(`${root}${path}`, 'utf8'))) {
      console.error(`${path}:${line}: ${text}`);
      failures++;
    }
  }
  if (failures > 0) {
    console.error(
      `${failures} pieces of SQL outside main/catalogue: give each a function there, named after what it finds.`,
    );
    exit(1);
  }
}
