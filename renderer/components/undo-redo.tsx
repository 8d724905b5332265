/** Taking the last decision back, and doing it again, by button: each says which one. */
import { ActionIcon } from '@mantine/core';
import { IconArrowBackUp, IconArrowForwardUp } from '@tabler/icons-react';
import type { DecisionHistory } from '../../main/api/contract.ts';
import { text } from '../text/en.ts';

const words = text.shell;

interface UndoRedoProps {
  readonly history: DecisionHistory | undefined;
  readonly onUndo: () => void;
  readonly onRedo: () => void;
}

export function UndoRedo({ history, onUndo, onRedo }: UndoRedoProps) {
  const acts = [
    { key: 'undo', what: history?.undo, title: words.undo(history?.undo), Icon: IconArrowBackUp, act: onUndo },
    { key: 'redo', what: history?.redo, title: words.redo(history?.redo), Icon: IconArrowForwardUp, act: onRedo },
  ];
  return acts.map(({ key, what, title, Icon, act }) => (
    <ActionIcon key={key} size={30} variant="default" aria-label={title} title={title} disabled={!what} onClick={act}>
      <Icon size={16} />
    </ActionIcon>
  ));
}
