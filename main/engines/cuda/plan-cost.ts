/**
 * The cost of a plan before it runs: launches, memory traffic of the kernels, products; and the theoretical minimum
 * time on known cards. Traffic counts each operand of a launch once, read or written: repeated reads, cached or not,
 * are not included.
 */
import type { Memory } from './memory.ts';
import type { Launch, Plan } from './plan.ts';
import { planMemory } from './plan-memory.ts';

export interface KernelCost {
  readonly kernel: string;
  readonly launches: number;
  readonly bytes: number;
  readonly multiplyAdds: number;
  /** The least time that known cards need for these launches. */
  readonly limits: readonly Limit[];
}

interface Limit {
  readonly card: string;
  readonly seconds: number;
}

export interface PlanCost {
  readonly launches: number;
  readonly bytes: number;
  readonly multiplyAdds: number;
  /** Uploaded to the card for each run. */
  readonly uploadedBytes: number;
  /** The memory the session takes on the card, and the part of it that temporary pieces share. */
  readonly memoryBytes: number;
  readonly arenaBytes: number;
  /** The one with the most bytes first. */
  readonly kernels: readonly KernelCost[];
  readonly limits: readonly Limit[];
}

/**
 * From the manufacturer's data sheets: dense products of bfloat16 summed in float32, float32 without tensor cores,
 * memory bandwidth.
 */
const CARDS = [
  { card: 'H100 SXM', bytesASecond: 3.35e12, tensorFlops: 989e12, flops: 67e12 },
  { card: 'RTX 4090', bytesASecond: 1.008e12, tensorFlops: 165e12, flops: 82.6e12 },
] as const;

export function costOf(plan: Plan): PlanCost {
  const launchesOf = new Map<string, Launch[]>();
  for (const launch of plan.launches) {
    const known = launchesOf.get(launch.kernel);
    if (known) known.push(launch);
    else launchesOf.set(launch.kernel, [launch]);
  }
  const all = [...launchesOf]
    .map(([kernel, launches]) => ({
      ...{ kernel, launches: launches.length, limits: limitsOf(launches) },
      bytes: launches.reduce((total, launch) => total + bytesOf(launch), 0),
      multiplyAdds: launches.reduce((total, launch) => total + launch.multiplyAdds, 0),
    }))
    .sort((a, b) => b.bytes - a.bytes);
  const sum = (what: (cost: KernelCost) => number) => all.reduce((total, cost) => total + what(cost), 0);
  const { bytes: memoryBytes, arenaBytes } = planMemory(plan);
  return {
    launches: plan.launches.length,
    bytes: sum(({ bytes }) => bytes),
    multiplyAdds: sum(({ multiplyAdds }) => multiplyAdds),
    uploadedBytes: [...plan.inputs.values()].reduce((total, { bytes: size }) => total + size, 0),
    ...{ memoryBytes, arenaBytes, kernels: all },
    limits: limitsOf(plan.launches),
  };
}

function limitsOf(launches: readonly Launch[]): Limit[] {
  return CARDS.map((card) => ({ card: card.card, seconds: leastSeconds(launches, card) }));
}

function leastSeconds(
  launches: readonly Launch[],
  { bytesASecond, tensorFlops, flops }: (typeof CARDS)[number],
): number {
  return launches.reduce((sum, launch) => {
    const computing = (2 * launch.multiplyAdds) / (launch.tensorCores ? tensorFlops : flops);
    return sum + Math.max(computing, bytesOf(launch) / bytesASecond);
  }, 0);
}

function bytesOf(launch: Launch): number {
  return launch.arguments.reduce((sum, argument) => {
    if (argument.kind !== 'memory' || !argument.memory) return sum;
    return sum + argument.memory.bytes + throughTable(argument.memory);
  }, 0);
}

function throughTable(piece: Memory): number {
  if (piece.kind !== 'table') return 0;
  return piece.words.reduce<number>((sum, word) => sum + (typeof word === 'bigint' ? 0 : word.bytes), 0);
}
