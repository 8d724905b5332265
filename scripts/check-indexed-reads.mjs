/**
 * Refuses `values[index] ?? 0` and the like in main/, renderer/ and electron/: an index out of range is a bug, and a default
 * hides it (image 0, class 0). `at(values, index)` throws instead; values that may be absent belong in a `Map`. `null` is not
 * such a default: the caller has to check for it. Only the syntax is read, which takes a second.
 */
import { argv } from 'node:process';
import { fileURLToPath } from 'node:url';
import ts from 'typescript';
import { eachFound, refuseInSources } from './refuse-in-sources.mjs';

/**
 * @param {string} path decides whether JSX is expected
 * @param {string} text
 * @returns {{ line: number, text: string }[]} lines are counted from 1
 */
export function defaultedReads(path, text) {
  return eachFound(path, text, (node) =>
    isDefault(node) && isIndexedRead(node.left) && isValue(node.right) ? node.getText() : undefined,
  );
}

/** @param {ts.Node} node @returns {node is ts.BinaryExpression} */
function isDefault(node) {
  return ts.isBinaryExpression(node) && node.operatorToken.kind === ts.SyntaxKind.QuestionQuestionToken;
}

/** Whether the value comes from `values[index]`, as in `values[index]?.name`. @param {ts.Expression} node @returns {boolean} */
function isIndexedRead(node) {
  if (ts.isElementAccessExpression(node)) {
    return !isFixed(node.argumentExpression) || isIndexedRead(node.expression);
  }
  const isAround = ts.isParenthesizedExpression(node) || ts.isPropertyAccessExpression(node) || ts.isAsExpression(node);
  return isAround && isIndexedRead(node.expression);
}

/** @param {ts.Expression} index */
function isFixed(index) {
  return ts.isNumericLiteral(index) || ts.isStringLiteralLike(index);
}

/** A literal default, as opposed to a variable. @param {ts.Expression} node @returns {boolean} */
function isValue(node) {
  if (ts.isParenthesizedExpression(node) || ts.isAsExpression(node)) return isValue(node.expression);
  if (ts.isPrefixUnaryExpression(node)) return isValue(node.operand);
  if (ts.isPropertyAccessExpression(node)) return node.expression.getText() === 'Number';
  return (
    ts.isNumericLiteral(node) ||
    ts.isStringLiteralLike(node) ||
    ts.isArrayLiteralExpression(node) ||
    ts.isObjectLiteralExpression(node) ||
    ts.isNewExpression(node) ||
    node.kind === ts.SyntaxKind.TrueKeyword ||
    node.kind === ts.SyntaxKind.FalseKeyword
  );
}

if (argv[1] === fileURLToPath(import.meta.url)) {
  refuseInSources(
    defaultedReads,
    (count) => `${count} indexed reads with a default: use at() of main/at.ts, or a Map for what may be absent.`,
  );
}
