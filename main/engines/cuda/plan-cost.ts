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
  readonly limits: readonly { readonly card: string; readonly seconds: number }[];
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
  const kernels = new Map<string, KernelCost>();
  for (const launch of plan.launches) {
    const { kernel, multiplyAdds } = launch;
    const before = kernels.get(kernel) ?? { kernel, launches: 0, bytes: 0, multiplyAdds: 0 };
    kernels.set(kernel, {
      kernel,
      launches: before.launches + 1,
      bytes: before.bytes + bytesOf(launch),
      multiplyAdds: before.multiplyAdds + multiplyAdds,
    });
  }
  const all = [...kernels.values()].sort((a, b) => b.bytes - a.bytes);
  const sum = (what: (cost: KernelCost) => number) => all.reduce((total, cost) => total + what(cost), 0);
  const { bytes: memoryBytes, arenaBytes } = planMemory(plan);
  return {
    launches: plan.launches.length,
    bytes: sum(({ bytes }) => bytes),
    multiplyAdds: sum(({ multiplyAdds }) => multiplyAdds),
    uploadedBytes: [...plan.inputs.values()].reduce((total, { bytes: size }) => total + size, 0),
    ...{ memoryBytes, arenaBytes, kernels: all },
    limits: CARDS.map((card) => ({ card: card.card, seconds: leastSeconds(plan, card) })),
  };
}

function leastSeconds({ launches }: Plan, { bytesASecond, tensorFlops, flops }: (typeof CARDS)[number]): number {
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
