/** The precision of a class above its line, its most important figure; if it is too low, what helps. */
import { Button } from '@mantine/core';
import { IconAlertTriangleFilled } from '@tabler/icons-react';
import { Link } from 'wouter';
import { text } from '../../text/en.ts';
import type { ClassStanding } from './class-precision.ts';
import styles from './precision-headline.module.css';

const words = text.ranks;

interface PrecisionHeadlineProps {
  readonly projectId: string;
  readonly standing: Pick<ClassStanding, 'classId' | 'name' | 'known'>;
}

export function PrecisionHeadline({ projectId, standing: { classId, name, known } }: PrecisionHeadlineProps) {
  return (
    <section className={styles.headline} aria-label={words.headline(name)}>
      <p className={styles.figure} data-few={known?.tooFew ?? false}>
        {known ? (
          <>
            <strong>{words.right(known.precision)}</strong>{' '}
            <span title={known.by === 'heldOut' ? words.byHeldOut : undefined}>{words.rightRange(known)}</span>
          </>
        ) : (
          <span>{words.notChecked}</span>
        )}
      </p>
      {known?.tooFew && (
        <p className={styles.few}>
          <IconAlertTriangleFilled size={14} aria-hidden /> {words.tooFew}
        </p>
      )}
      {known?.tooFew && (
        <Button
          component={Link}
          href={`/projects/${projectId}/hand-labelling?class=${classId}`}
          size="compact-sm"
          variant="default"
        >
          {words.labelMore}
        </Button>
      )}
    </section>
  );
}
