/** What can be decided of the chosen images, by button; the keys do the same. */
import { Button, NativeSelect, Text } from '@mantine/core';
import { IconArrowBackUp, IconArrowForwardUp, IconBan, IconEraser, IconPin } from '@tabler/icons-react';
import type { ClassInfo, DecisionKind } from '../../../main/api/contract.ts';
import { text } from '../../text/en.ts';
import styles from './ranks-view.module.css';
import { useDecisionHistory } from './use-decisions.ts';

const words = text.ranks;

interface DecisionBarProps {
  readonly projectId: string;
  readonly chosen: number;
  readonly classes: readonly ClassInfo[];
  readonly onAct: (decision: DecisionKind, classId?: number) => void;
  readonly onAll: () => void;
  readonly onNone: () => void;
  readonly undo: () => void;
  readonly redo: () => void;
}

export function DecisionBar(props: DecisionBarProps) {
  const { data: history } = useDecisionHistory(props.projectId);
  return (
    <div className={styles.acts}>
      <Button size="xs" variant="default" leftSection={<IconBan size={14} />} onClick={() => props.onAct('veto')}>
        {words.actions.veto}
      </Button>
      <Button size="xs" variant="default" leftSection={<IconPin size={14} />} onClick={() => props.onAct('pin')}>
        {words.actions.pin}
      </Button>
      <Button
        size="xs"
        variant="default"
        leftSection={<IconEraser size={14} />}
        onClick={() => props.onAct('clearVerdict')}
      >
        {words.actions.clear}
      </Button>
      <NativeSelect
        size="xs"
        aria-label={words.actions.relabel}
        value=""
        onChange={({ currentTarget }) =>
          currentTarget.value !== '' && props.onAct('label', Number(currentTarget.value))
        }
        data={[
          { value: '', label: words.actions.relabel },
          ...props.classes.map(({ id, name }) => ({ value: String(id), label: name })),
        ]}
      />
      <Button size="xs" variant="subtle" onClick={props.chosen > 0 ? props.onNone : props.onAll}>
        {props.chosen > 0 ? words.actions.none : words.actions.all}
      </Button>
      <Text size="sm" c="dimmed" role="status">
        {props.chosen > 0 ? words.chosen(props.chosen) : words.choose}
      </Text>
      <Button
        ml="auto"
        size="xs"
        variant="default"
        leftSection={<IconArrowBackUp size={14} />}
        disabled={!history?.undo}
        onClick={props.undo}
      >
        {words.undo(history?.undo)}
      </Button>
      {history?.redo && (
        <Button size="xs" variant="default" leftSection={<IconArrowForwardUp size={14} />} onClick={props.redo}>
          {words.redo(history.redo)}
        </Button>
      )}
    </div>
  );
}
