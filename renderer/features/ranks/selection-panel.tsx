/** Which part of the ranking trains the student, and what that gives for every class, before anything is trained. */
import { Button, NumberInput, SegmentedControl, Stack, Switch, Text, Title } from '@mantine/core';
import type { SelectionSettings } from '../../../main/api/contract.ts';
import { FailureState } from '../../components/state-message.tsx';
import { text } from '../../text/en.ts';
import { BalanceBars } from './balance-bars.tsx';
import { useRanking } from './ranking-in-sight.ts';
import { useRanks } from './ranks-store.ts';
import { useChangeSettings } from './use-k-line.ts';

const words = text.ranks;
const FLAGS = ['balanced', 'leakGuard', 'nearDuplicateGuard'] as const;

export function SelectionPanel() {
  const { balance } = useRanking();
  const showClass = useRanks((store) => store.showClass);
  const { classes, selected, settings } = balance;
  const short = classes.filter(({ kept }) => kept < settings.k).length;
  return (
    <Stack gap="md">
      <Settings />
      <section>
        <Title order={2}>{words.balance}</Title>
        <Text size="sm" mb="sm" role="status">
          {words.selected(selected)}. {words.shortages(short)}.
        </Text>
        <BalanceBars classes={classes} k={settings.k} onClass={showClass} />
      </section>
    </Stack>
  );
}

function Settings() {
  const { projectId, labelRun, overview, balance } = useRanking();
  const change = useChangeSettings(projectId);
  // Shown as chosen while the workbench saves it.
  const settings: SelectionSettings = { ...balance.settings, ...(change.isPending ? definedOf(change.variables) : {}) };
  const { suggestedK, suggestedBecause, takenByTags } = overview;
  const { classes } = balance;
  return (
    <section>
      <Title order={2}>{words.settings}</Title>
      <Text size="xs" c="dimmed" mb="sm">
        {words.settingsLead}
      </Text>
      <Stack gap="sm">
        {change.error && <FailureState error={change.error} />}
        {takenByTags && <Text size="sm">{words.takenByTags}</Text>}
        <div>
          <Text size="xs" c="dimmed">
            {words.suggested(suggestedK, suggestedBecause)}
          </Text>
          {suggestedK !== settings.k && (
            <Button size="xs" mt={4} variant="default" onClick={() => change.mutate({ k: suggestedK })}>
              {words.takeSuggested(suggestedK)}
            </Button>
          )}
        </div>
        <NumberInput
          key={settings.topP}
          size="xs"
          label={words.topP}
          description={settings.topP > labelRun.topP ? words.topPMore(labelRun.topP) : words.topPKept(labelRun.topP)}
          min={1}
          max={Math.max(1, balance.classes.length)}
          allowDecimal={false}
          defaultValue={settings.topP}
          onBlur={({ currentTarget }) => {
            const topP = Number(currentTarget.value);
            if (topP >= 1 && topP !== settings.topP) change.mutate({ topP });
          }}
          onKeyDown={({ key, currentTarget }) => key === 'Enter' && currentTarget.blur()}
        />
        {balance.byCurve !== null && balance.byCurve.k !== settings.k && (
          <div>
            <Text size="xs" c="dimmed">
              {words.byCurve(balance.byCurve)}
            </Text>
            <Button size="xs" mt={4} variant="default" onClick={() => change.mutate({ k: balance.byCurve?.k })}>
              {words.takeSuggested(balance.byCurve.k)}
            </Button>
          </div>
        )}
        <NumberInput
          key={`precision ${settings.precision}`}
          size="xs"
          label={words.leastPrecision}
          description={words.leastPrecisionHint(balance.floors, classes.length)}
          min={1}
          max={99}
          suffix=" %"
          allowDecimal={false}
          defaultValue={settings.precision === null ? '' : Math.round(100 * settings.precision)}
          onBlur={({ currentTarget }) => {
            const percent = Number.parseInt(currentTarget.value, 10);
            const precision = percent >= 1 && percent <= 99 ? percent / 100 : null;
            if (precision !== settings.precision) change.mutate({ precision });
          }}
          onKeyDown={({ key, currentTarget }) => key === 'Enter' && currentTarget.blur()}
        />
        <div>
          <Text size="xs" fw={500} id="selection-order">
            {words.order}
          </Text>
          <SegmentedControl
            size="xs"
            fullWidth
            aria-labelledby="selection-order"
            value={settings.order}
            onChange={(order) => change.mutate({ order: order === 'random' ? 'random' : 'ranked' })}
            data={[
              { value: 'ranked', label: words.ranked },
              { value: 'random', label: words.random },
            ]}
          />
          {settings.order === 'random' && (
            <Text size="xs" c="dimmed">
              {words.randomHint}
            </Text>
          )}
        </div>
        {FLAGS.map((flag) => (
          <Switch
            key={flag}
            size="sm"
            label={words[flag]}
            {...(flag === 'balanced' && { description: words.balancedHint })}
            checked={settings[flag]}
            onChange={({ currentTarget }) => change.mutate({ [flag]: currentTarget.checked })}
          />
        ))}
      </Stack>
    </section>
  );
}

function definedOf(change: Parameters<ReturnType<typeof useChangeSettings>['mutate']>[0] | undefined) {
  return Object.fromEntries(Object.entries(change ?? {}).filter(([, value]) => value !== undefined));
}
