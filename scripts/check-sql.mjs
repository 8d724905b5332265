/**
 * Refuses SQL outside main/catalogue/: text that is SQL, and calls that pass it to a database. Other rooms call named functions
 * of the catalogue, so that only one room knows the tables and columns. Calls that only group several of those functions (a
 * transaction, chosen images) are allowed everywhere. Only the syntax is read.
 */
import { argv } from 'node:process';
import { fileURLToPath } from 'node:url';
import ts from 'typescript';
import { eachFound, refuseInSources } from './refuse-in-sources.mjs';

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
  // Most files contain nothing of the kind and need no parsing.
  if (!MAYBE_ASKING.test(text) && !SQL.some((pattern) => pattern.test(text))) return [];
  const tell = (/** @type {ts.Node} */ node) => (isAsking(node) || isSql(node) ? firstLine(node.getText()) : undefined);
  return eachFound(path, text, tell, false);
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
  refuseInSources(
    sqlIn,
    (count) => `${count} pieces of SQL outside main/catalogue: give each a function there, named after what it finds.`,
    (path) => !path.startsWith('main/catalogue/'),
  );
}
