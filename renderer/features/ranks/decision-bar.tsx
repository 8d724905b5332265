/** Decisions about the chosen images, as buttons; the keys do the same. */
import { Text } from '@mantine/core';
import { IconBan, IconEraser, IconPin } from '@tabler/icons-react';
import { ActButton } from '../../acts/act-button.tsx';
import { chosenCount } from '../../acts/rank-selection.ts';
import { ClassPicker } from '../../classes/class-picker.tsx';
import { UndoRedo } from '../../components/undo-redo.tsx';
import { Writes } from '../../components/writing.tsx';
import { text } from '../../text/en.ts';
import { ChooseRanks } from './choose-ranks.tsx';
import type { RankActs } from './rank-acts.ts';
import { useRanks } from './ranks-store.ts';
import styles from './ranks-view.module.css';

const words = text.ranks;
const ICONS: Readonly<Record<string, typeof IconBan>> = { veto: IconBan, pin: IconPin, clearVerdict: IconEraser };

export function DecisionBar({ acts }: { readonly acts: RankActs }) {
  const chosen = useRanks((store) => chosenCount(store.selection));
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
      <ChooseRanks />
      <Text size="xs" c="dimmed" role="status">
        {chosen > 1 && words.chosen(chosen)}
      </Text>
      <span className={styles.end}>
        <UndoRedo acts={acts.history} />
      </span>
    </div>
  );
}
