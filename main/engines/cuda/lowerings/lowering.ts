/** From a program's operations to launches: one entry per operation, complete by type. */
import type { OpKind } from '../../../graph/ops/operations.ts';
import type { Node } from '../../../graph/program.ts';
import type { Held, PlanBuilder } from '../plan.ts';

/** Adds the launches of one operation to the plan; returns how its outputs are held, in order. */
export type Lowering<Kind extends OpKind> = (plan: PlanBuilder, node: Node<Kind>) => readonly Held[];

/** Operations that change state in the same way for many tensors: they are planned together (`updates.ts`). */
export const updateKinds = ['adamwUpdate', 'exponentialAverage', 'sgdAccumulate', 'sgdUpdate'] as const;
export type UpdateKind = (typeof updateKinds)[number];

export type LoweringTable = { readonly [Kind in Exclude<OpKind, UpdateKind>]: Lowering<Kind> };
