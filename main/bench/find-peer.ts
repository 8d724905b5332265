/** Whether PyTorch can be measured beside a GPU here; where it cannot, why, in one sentence. */
import { existsSync } from 'node:fs';
import { z } from 'zod';
import type { Peer } from './gpu-check-steps.ts';
import { runStep } from './run-step.ts';

export interface FoundPeer {
  readonly peer?: Peer;
  /** Which PyTorch on what, or why there is none: one sentence. */
  readonly about: string;
}

export interface WantedPeer {
  readonly python: string;
  readonly script: string;
  /** Without a card, PyTorch computes on the processor, so that its part is run too. */
  readonly rehearsal: boolean;
}

const QUESTION = `
import json, torch
card = torch.cuda.get_device_name(0) if torch.cuda.is_available() else None
print(json.dumps({'version': torch.__version__, 'card': card}))
`;
const answer = z.object({ version: z.string(), card: z.string().nullable() });
const LIMIT_S = 60;

export async function findPeer({ python, script, rehearsal }: WantedPeer, signal: AbortSignal): Promise<FoundPeer> {
  const without = (why: string): FoundPeer => ({ about: `PyTorch is not measured: ${why}.` });
  if (!existsSync(script)) return without(`there is no script ${script} (name one with --peer)`);
  const { output, failure } = await runStep({ command: [python, '-c', QUESTION], limitS: LIMIT_S }, signal);
  if (failure !== undefined) return without(`${python} does not load it (${failure}); name another one with --python`);
  const { version, card } = answer.parse(JSON.parse(output));
  if (card !== null) return { peer: { python, script, device: 'cuda' }, about: `PyTorch ${version} on ${card}.` };
  if (!rehearsal) return without(`PyTorch ${version} finds no card for CUDA`);
  return {
    peer: { python, script, device: 'cpu' },
    about: `PyTorch ${version} finds no card for CUDA: in this rehearsal it computes on the processor.`,
  };
}
