/** A session of a packed program (`packUpdates`) that is addressed by the original names of the state. */
import { nth } from '../../graph/op-definition.ts';
import type { Pack } from '../../graph/pack-updates.ts';
import { elementCount, type Program } from '../../graph/program.ts';
import { valueAt } from '../../value-at.ts';
import type { ProgramSession, Tensors } from '../engine.ts';

/** The initial state of the packed program. */
export function packState(state: Tensors, packs: readonly Pack[]): Tensors {
  const packed = new Map(state);
  for (const { name, members } of packs) {
    const parts = members.map((member) => valueAt(state, member.name));
    const vector = new Float32Array(parts.reduce((sum, { length }) => sum + length, 0));
    let first = 0;
    for (const [index, part] of parts.entries()) {
      vector.set(part, first);
      first += part.length;
      packed.delete(nth(members, index).name);
    }
    packed.set(name, vector);
  }
  return packed;
}

export function packedSession(session: ProgramSession, { state }: Program, packs: readonly Pack[]): ProgramSession {
  const packOf = new Map(packs.flatMap((pack) => pack.members.map(({ name }) => [name, pack] as const)));
  return {
    run: (inputs, meanwhile) => session.run(inputs, meanwhile),
    writeState: (written) => session.writeState(packState(written, packs)),
    dispose: () => session.dispose(),
    async readState(names = state.map(({ name }) => name)) {
      const held = await session.readState([...new Set(names.map((name) => packOf.get(name)?.name ?? name))]);
      return new Map(
        names.map((name) => {
          const pack = packOf.get(name);
          const whole = valueAt(held, pack?.name ?? name);
          return [name, pack ? memberOf(pack, name, whole) : whole];
        }),
      );
    },
  };
}

function memberOf({ members }: Pack, name: string, vector: Float32Array): Float32Array {
  const place = members.findIndex((member) => member.name === name);
  const lengths = members.map(({ value }) => elementCount(value.shape));
  const first = lengths.slice(0, place).reduce((sum, length) => sum + length, 0);
  return vector.slice(first, first + nth(lengths, place));
}
