/**
 * Builds the plan of a program. State is updated in place wherever nothing reads the old value afterwards; updates of
 * the same rule are collected into one launch.
 */
import { nth } from '../../graph/op-definition.ts';
import type { OpKind } from '../../graph/ops/operations.ts';
import { type AnyNode, elementCount, type Program, type StateVariable, type Value } from '../../graph/program.ts';
import { valueAt } from '../../value-at.ts';
import type { Precision } from '../engine.ts';
import { type Fusions, findFusions, isNormalisation } from './fusions.ts';
import { lowerNormalisationGradient, lowerRectified, lowerStatistics } from './lowerings/batch-norm.ts';
import { isByTensorCores, lowerFoldedConv, lowerInputGradient, lowerMeasuredConv } from './lowerings/convolution.ts';
import { cudaLowerings } from './lowerings/cuda-lowerings.ts';
import type { Lowering } from './lowerings/lowering.ts';
import { packAtBeginning } from './lowerings/packed-weights.ts';
import { isUpdate, lowerUpdates, type UpdateNode, updatedInputs, updateKey } from './lowerings/updates.ts';
import type { KeptMemory, Memory } from './memory.ts';
import { type Plan, PlanBuilder } from './plan.ts';

export function planProgram(program: Program, precision: Precision): Plan {
  return new Planning(program, precision).done();
}

class Planning {
  readonly #program: Program;
  readonly #plan: PlanBuilder;
  readonly #inputs: ReadonlyMap<string, KeptMemory>;
  readonly #state: ReadonlyMap<string, KeptMemory>;
  /** State that the update producing its next value may overwrite, keyed by the ids of both. */
  readonly #inPlace: ReadonlyMap<string, KeptMemory>;
  readonly #fusions: Fusions;
  /** Updates waiting for more of the same rule. */
  readonly #open = new Map<string, UpdateNode[]>();

  constructor(program: Program, precision: Precision) {
    this.#program = program;
    this.#plan = new PlanBuilder(program, precision);
    this.#fusions = findFusions(program, (node) => isByTensorCores(precision, node));
    this.#inputs = new Map([...program.inputs].map(([name, value]) => [name, this.#kept(value)]));
    this.#state = new Map(program.state.map(({ name, value }) => [name, this.#kept(value)]));
    this.#inPlace = new Map(
      program.state
        .filter((variable) => mayBeOverwritten(program, variable))
        .map(({ name, value, next }) => [`${value.id} ${next?.id}`, valueAt(this.#state, name)]),
    );
  }

  done(): Plan {
    for (const node of this.#program.nodes) this.#take(node);
    for (const key of [...this.#open.keys()]) this.#close(key);
    const outputs = new Map([...this.#program.outputs].map(([name, value]) => [name, this.#copied(value)]));
    this.#moveState();
    packAtBeginning(this.#plan);
    const { preparations, launches } = this.#plan;
    return { preparations, launches, inputs: this.#inputs, state: this.#state, outputs };
  }

  #take(node: AnyNode): void {
    const own = isUpdate(node) ? updateKey(node) : undefined;
    for (const [key, updates] of this.#open) {
      const made = new Set(updates.flatMap(({ outputs }) => outputs));
      if (node.inputs.some((input) => made.has(input))) this.#close(key);
    }
    if (isUpdate(node)) {
      const key = own as string;
      this.#open.set(key, [...(this.#open.get(key) ?? []), node]);
      return;
    }
    if (this.#isFused(node)) return;
    // The table's entry for a kind takes nodes of that kind; TypeScript cannot follow that through the union.
    const lowering = cudaLowerings[node.kind] as Lowering<OpKind>;
    const made = this.#plan.following(node.inputs, () => lowering(this.#plan, node));
    const isSettled = node.inputs.every((input) => this.#plan.isSettled(input));
    for (const [index, held] of made.entries()) {
      const output = nth(node.outputs, index);
      this.#plan.bind(output, held);
      if (isSettled) this.#plan.settle(output);
    }
  }

  /** Whether the node is computed together with a neighbour; computes what remains of it. */
  #isFused(node: AnyNode): boolean {
    const { folded, rectified, masked, finished, measured, passedOver } = this.#fusions;
    const [normalisation, gradient, finish] = [rectified.get(node), masked.get(node), finished.get(node)];
    const convolution = folded.get(node);
    if (convolution) {
      const result = nth(node.outputs, 0);
      this.#plan.bind(result, lowerFoldedConv(this.#plan, convolution, result));
    } else if (normalisation) {
      const result = nth(node.outputs, 0);
      this.#plan.bind(result, lowerRectified(this.#plan, normalisation, result));
    } else if (gradient) {
      const made = lowerNormalisationGradient(this.#plan, gradient.node, gradient);
      for (const [index, held] of made.entries()) this.#plan.bind(nth(node.outputs, index), held);
    } else if (finish) this.#plan.bind(finish.result, lowerInputGradient(this.#plan, finish));
    else if (node.kind === 'conv' && measured.has(node)) {
      this.#plan.bind(nth(node.outputs, 0), lowerMeasuredConv(this.#plan, node));
    } else if (!passedOver.has(node)) return false;
    else if (isNormalisation(node)) lowerStatistics(this.#plan, node);
    return true;
  }

  #close(key: string): void {
    const updates = valueAt(this.#open, key);
    this.#open.delete(key);
    lowerUpdates(this.#plan, updates, (node, output) => {
      const [before, after] = [nth(updatedInputs(node), output), nth(node.outputs, output)];
      return this.#inPlace.get(`${before.id} ${after.id}`) ?? this.#plan.logicalOf(after);
    });
  }

  /** State that was not updated in place is copied at the end, when nothing reads the old value any more. */
  #moveState(): void {
    const moves = this.#program.state.flatMap(({ name, next }) => {
      const [from, to] = [next && this.#plan.logical(next), valueAt(this.#state, name)];
      return next && from && from !== to ? [{ from, to, count: elementCount(next.shape) }] : [];
    });
    const states = new Set<Memory>(this.#state.values());
    const safe = moves.map((move) => {
      if (!states.has(move.from)) return move;
      const aside = this.#plan.floats(move.count);
      this.#plan.copy(move.from, aside, move.count);
      return { ...move, from: aside };
    });
    for (const { from, to, count } of safe) this.#plan.copy(from, to, count);
  }

  #copied(value: Value): KeptMemory {
    const to: KeptMemory = { kind: 'kept', bytes: this.#plan.logicalOf(value).bytes };
    this.#plan.copy(this.#plan.logical(value), to, elementCount(value.shape));
    return to;
  }

  #kept(value: Value): KeptMemory {
    const kept: KeptMemory = { kind: 'kept', bytes: this.#plan.logicalOf(value).bytes };
    this.#plan.bind(value, { logical: kept });
    return kept;
  }
}

/** Whether nothing reads the old value of this state once the update that makes the next one runs. */
function mayBeOverwritten({ nodes, outputs, state }: Program, { value, next }: StateVariable): boolean {
  const made = nodes.findIndex((node) => next !== undefined && node.outputs.includes(next));
  const update = nodes[made];
  if (!next || !update || !isUpdate(update)) return false;
  if (updatedInputs(update)[update.outputs.indexOf(next)] !== value) return false;
  if (update.inputs.filter((input) => input === value).length !== 1) return false;
  // An update may run later than its position in the program; any other earlier node has run by then.
  const readers = nodes.flatMap((node, index) => (node.inputs.includes(value) ? [{ node, index }] : []));
  const early = readers.every(({ node, index }) => node === update || (index < made && !isUpdate(node)));
  return early && ![...outputs.values()].includes(value) && state.every((other) => other.next !== value);
}
