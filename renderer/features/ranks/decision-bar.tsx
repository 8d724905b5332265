/** What can be decided of the chosen images, by button; the keys do the same. */
import { Text } from '@mantine/core';
import { IconBan, IconEraser, IconPin } from '@tabler/icons-react';
import { ActButton } from '../../acts/act-button.tsx';
import { ClassPicker } from '../../classes/class-picker.tsx';
import { UndoRedo } from '../../components/undo-redo.tsx';
import { Writes } from '../../components/writing.tsx';
import { text } from '../../text/en.ts';
import { ChooseRanks } from './choose-ranks.tsx';
import type { RankActs } from './rank-acts.ts';
import styles from './ranks-view.module.css';

const words = text.ranks;
const ICONS: Readonly<Record<string, typeof IconBan>> = { veto: IconBan, pin: IconPin, clearVerdict: IconEraser };

interface DecisionBarProps {
  readonly acts: RankActs;
  readonly chosen: number;
  readonly total: number;
  readonly cutRank: number;
  /** Places from 0, both included; nothing when the last is before the first. */
  readonly onChoose: (first: number, last: number) => void;
}

export function DecisionBar({ acts, chosen, total, cutRank, onChoose }: DecisionBarProps) {
  return (
    <div className={styles.acts}>
      <Writes>
        {acts.verdicts.map((act) => {
          const Icon = ICONS[act.name] ?? IconBan;
          return <ActButton key={act.name} act={act} px={9} leftSection={<Icon size={14} />} />;
        })}
        <ClassPicker
          label={words.actions.relabel}
          px={9}
          classes={acts.relabel.classes}
          onPick={acts.relabel.give}
          disabled={!acts.relabel.can}
        />
      </Writes>
      <ChooseRanks total={total} cutRank={cutRank} onChoose={onChoose} />
      <Text size="xs" c="dimmed" role="status">
        {chosen > 1 && words.chosen(chosen)}
      </Text>
      <span className={styles.end}>
        <UndoRedo acts={acts.history} />
      </span>
    </div>
  );
}
