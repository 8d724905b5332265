/** Undo and redo as buttons, each with the name of the decision. */
import { ActionIcon } from '@mantine/core';
import { IconArrowBackUp, IconArrowForwardUp } from '@tabler/icons-react';
import type { Act } from '../acts/act.ts';
import { Writes } from './writing.tsx';

const ICONS: Readonly<Record<string, typeof IconArrowBackUp>> = { undo: IconArrowBackUp, redo: IconArrowForwardUp };

/** The two acts of `historyActs`. */
export function UndoRedo({ acts }: { readonly acts: readonly Act[] }) {
  const buttons = acts.map((act) => {
    const { name, label, can } = act;
    const Icon = ICONS[name] ?? IconArrowBackUp;
    return (
      <ActionIcon
        key={name}
        size={30}
        variant="default"
        aria-label={label}
        title={label}
        disabled={!can}
        onClick={() => act.do()}
      >
        <Icon size={16} />
      </ActionIcon>
    );
  });
  return <Writes>{buttons}</Writes>;
}
