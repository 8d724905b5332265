/** What can be decided of the chosen images, by button; the keys do the same. */
import { Button, NativeSelect, Text } from '@mantine/core';
import { IconBan, IconEraser, IconPin } from '@tabler/icons-react';
import type { DecisionKind } from '../../../main/api/contract.ts';
import type { KeyedClass } from '../../class-keys.ts';
import { UndoRedo } from '../../components/undo-redo.tsx';
import { text } from '../../text/en.ts';
import { ChooseRanks } from './choose-ranks.tsx';
import styles from './ranks-view.module.css';
import { useDecisionHistory } from './use-decisions.ts';

const words = text.ranks;

interface DecisionBarProps {
  readonly projectId: string;
  readonly chosen: number;
  readonly total: number;
  readonly cutRank: number;
  readonly classes: readonly KeyedClass[];
  readonly onAct: (decision: DecisionKind, classId?: number) => void;
  /** Places from 0, both included; nothing when the last is before the first. */
  readonly onChoose: (first: number, last: number) => void;
  readonly undo: () => void;
  readonly redo: () => void;
}

export function DecisionBar(props: DecisionBarProps) {
  const { data: history } = useDecisionHistory(props.projectId);
  return (
    <div className={styles.acts}>
      <Button
        size="xs"
        px={9}
        variant="default"
        leftSection={<IconBan size={14} />}
        onClick={() => props.onAct('veto')}
      >
        {words.actions.veto}
      </Button>
      <Button size="xs" px={9} variant="default" leftSection={<IconPin size={14} />} onClick={() => props.onAct('pin')}>
        {words.actions.pin}
      </Button>
      <Button
        size="xs"
        px={9}
        variant="default"
        leftSection={<IconEraser size={14} />}
        onClick={() => props.onAct('clearVerdict')}
      >
        {words.actions.clear}
      </Button>
      <NativeSelect
        size="xs"
        w={104}
        aria-label={words.actions.relabel}
        value=""
        onChange={({ currentTarget }) =>
          currentTarget.value !== '' && props.onAct('label', Number(currentTarget.value))
        }
        data={[
          { value: '', label: words.actions.relabel },
          ...props.classes.map(({ id, name, key }) => ({
            value: String(id),
            label: key === '' ? name : `${name} (${key})`,
          })),
        ]}
      />
      <ChooseRanks total={props.total} cutRank={props.cutRank} onChoose={props.onChoose} />
      <Text size="xs" c="dimmed" role="status">
        {props.chosen > 0 && words.chosen(props.chosen)}
      </Text>
      <span className={styles.end}>
        <UndoRedo history={history} onUndo={props.undo} onRedo={props.redo} />
      </span>
    </div>
  );
}
