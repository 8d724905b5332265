/** Every class at the current K, those short of it first: a bar, and a word beside it. */
import { IconAlertTriangleFilled } from '@tabler/icons-react';
import type { ClassBalance } from '../../../main/api/contract.ts';
import { at } from '../../../main/at.ts';
import { VirtualList } from '../../components/virtual-list.tsx';
import { text } from '../../text/en.ts';
import styles from './balance-bars.module.css';

const words = text.ranks;
const ROW_PX = 68;
const TALLEST_PX = 560;

interface BalanceBarsProps {
  readonly classes: readonly ClassBalance[];
  readonly k: number;
  readonly onClass: (classId: number) => void;
}

export function BalanceBars({ classes, k, onClass }: BalanceBarsProps) {
  // One scale for all: without balance a class may have more than K.
  const most = classes.reduce((so, { kept }) => Math.max(so, kept), Math.max(k, 1));
  const sorted = classes.toSorted((a, b) => Math.min(a.kept, k) - Math.min(b.kept, k));
  return (
    <VirtualList
      role="list"
      aria-label={words.balance}
      tabIndex={0}
      total={sorted.length}
      rowPx={ROW_PX}
      mostPx={TALLEST_PX}
      renderRow={(index) => {
        const { classId, name, kept, candidates, setAside, vetoed } = at(sorted, index);
        return (
          // biome-ignore lint/a11y/useSemanticElements: its list is virtual.
          <div role="listitem" aria-posinset={index + 1} aria-setsize={sorted.length} className={styles.row}>
            <button
              type="button"
              className={styles.name}
              title={words.openClass(name)}
              onClick={() => onClass(classId)}
            >
              {name}
            </button>
            <span className={styles.word} data-short={kept < k}>
              {kept < k && <IconAlertTriangleFilled size={12} aria-hidden />}
              {wordOf(kept, k)}
            </span>
            <div className={styles.bar} data-short={kept < k} aria-hidden>
              <span className={styles.fill} style={{ inlineSize: `${(100 * kept) / most}%` }} />
              <span className={styles.mark} style={{ insetInlineStart: `${(100 * k) / most}%` }} />
            </div>
            <span className={styles.notes}>
              {words.balanceOf(kept, k)} · {words.balanceNotes(candidates, setAside, vetoed)}
            </span>
          </div>
        );
      }}
    />
  );
}

function wordOf(kept: number, k: number): string {
  if (kept < k) return words.balanceShort(k - kept);
  return kept > k ? words.balanceMore(kept - k) : words.balanceFull;
}
