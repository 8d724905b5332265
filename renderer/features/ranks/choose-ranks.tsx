/** Choosing many at once: everything above or below the line, or between two ranks. */
import { Button, Group, NumberInput, Popover, Stack } from '@mantine/core';
import { useDisclosure } from '@mantine/hooks';
import { IconChevronDown } from '@tabler/icons-react';
import { type FormEvent, useState } from 'react';
import { chooseRange } from '../../acts/rank-selection.ts';
import { text } from '../../text/en.ts';
import { useRanking } from './ranking-in-sight.ts';
import { useRanks } from './ranks-store.ts';

const words = text.ranks;

export function ChooseRanks() {
  const { total, line } = useRanking();
  const { cutRank } = line;
  const { selection, select } = useRanks((store) => store);
  const [opened, { toggle, close }] = useDisclosure(false);
  const [from, setFrom] = useState<number | string>(1);
  const [to, setTo] = useState<number | string>('');
  /** Indices from 0, inclusive; nothing if the last is before the first. */
  const choose = (first: number, last: number) => {
    select(chooseRange(selection, first, last));
    close();
  };
  const submit = (event: FormEvent) => {
    event.preventDefault();
    const ends = [Number(from), Number(to === '' ? total : to)].map((rank) => Math.min(Math.max(1, rank), total) - 1);
    choose(Math.min(...ends), Math.max(...ends));
  };
  return (
    <Popover opened={opened} onChange={close} trapFocus withArrow shadow="md">
      <Popover.Target>
        <Button size="xs" px={9} variant="default" rightSection={<IconChevronDown size={14} />} onClick={toggle}>
          {words.actions.choose}
        </Button>
      </Popover.Target>
      <Popover.Dropdown>
        <Stack gap="xs">
          <Button size="xs" variant="default" onClick={() => choose(0, cutRank - 1)}>
            {words.actions.all}
          </Button>
          <Button size="xs" variant="default" onClick={() => choose(cutRank, total - 1)}>
            {words.actions.below}
          </Button>
          <Button size="xs" variant="default" onClick={() => choose(0, -1)}>
            {words.actions.none}
          </Button>
          <form onSubmit={submit} aria-label={words.chooseRanks}>
            <Group gap="xs" align="flex-end" wrap="nowrap">
              <NumberInput
                size="xs"
                w={90}
                label={words.firstRank}
                min={1}
                max={total}
                value={from}
                onChange={setFrom}
                hideControls
              />
              <NumberInput
                size="xs"
                w={90}
                label={words.lastRank}
                min={1}
                max={total}
                value={to}
                onChange={setTo}
                hideControls
              />
              <Button size="xs" variant="default" type="submit">
                {words.chooseThese}
              </Button>
            </Group>
          </form>
        </Stack>
      </Popover.Dropdown>
    </Popover>
  );
}
