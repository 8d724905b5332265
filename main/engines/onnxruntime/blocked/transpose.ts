/** Converts images to rows of channels and back, directly from and to the blocked layout in one pass. */
import { nth } from '../../../graph/op-definition.ts';
import type { Lowering } from '../lowering.ts';
import { lowerTranspose } from '../plain/arranging.ts';
import type { BlockedContext } from './blocked-context.ts';

const TO_ROWS = '0,2,3,1';
const TO_IMAGES = '0,3,1,2';

export const lowerBlockedTranspose: Lowering<'transpose', BlockedContext> = (context, node) => {
  const [x, y] = [nth(node.inputs, 0), nth(node.outputs, 0)];
  const order = node.attributes.order.join();
  if (order === TO_ROWS && context.fits(x)) return [context.rows(x)];
  if (order !== TO_IMAGES || !context.fits(y)) return lowerTranspose(context, node);
  context.bindRows(y, context.name(x));
  return [undefined];
};
