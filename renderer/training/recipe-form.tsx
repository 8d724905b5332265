/**
 * The recipe as a form: the basic settings, with names, lengths and rates under “Expert”; automatic values show what they will
 * be and why.
 */
import {
  Accordion,
  Anchor,
  Group,
  NativeSelect,
  NumberInput,
  SimpleGrid,
  Skeleton,
  Stack,
  Switch,
  Text,
} from '@mantine/core';
import type { RecipeView } from '../../main/api/contract.ts';
import { DecimalInput } from '../components/decimal-input.tsx';
import { formatCount } from '../format.ts';
import { text } from '../text/en.ts';
import { BegunFrom } from './begun-from.tsx';
import type { RecipeChoice } from './recipe-choice.ts';
import { basicFields, moreFields, type RecipeField, type Scope } from './recipe-fields.ts';
import { type SettingValue, settingAt } from './recipe-settings.ts';

interface RecipeFormProps {
  readonly scope: Scope;
  readonly view: RecipeView | undefined;
  readonly choice: RecipeChoice;
  readonly onChange: (choice: RecipeChoice) => void;
}

export function RecipeForm({ scope, view, choice, onChange }: RecipeFormProps) {
  const words = text.training;
  if (!view) {
    return (
      <Stack role="status" aria-busy="true" aria-label={words.recipe.loading}>
        {basicFields[scope].map(({ path }) => (
          <Skeleton key={path} height={58} />
        ))}
      </Stack>
    );
  }
  const change = (path: string) => (value: SettingValue) =>
    onChange({ ...choice, changes: { ...choice.changes, [path]: value } });
  const field = (entry: RecipeField) => {
    const start = `${entry.path.split('.')[0]}.startFrom`;
    const begun = entry.kind === 'model' ? view.explanations.find(({ path }) => path === start) : undefined;
    if (begun) {
      const { label } = text.training.fieldWords(entry.path);
      const onLeave = () => change(start)(null);
      return (
        <BegunFrom
          key={entry.path}
          label={label}
          file={String(begun.value)}
          because={begun.because}
          onLeave={onLeave}
        />
      );
    }
    return (
      <Setting
        key={entry.path}
        field={entry}
        view={view}
        value={choice.changes[entry.path] ?? settingAt(view.recipe, entry.path) ?? entry.absent}
        onChange={change(entry.path)}
      />
    );
  };
  const count = Object.keys(choice.changes).length;
  const more = moreFields[scope];
  return (
    <Stack gap="md">
      <SimpleGrid cols={{ base: 1, sm: 2 }} spacing="md" verticalSpacing="md">
        {basicFields[scope].map(field)}
      </SimpleGrid>
      {more.length > 0 && (
        <Accordion variant="separated" chevronPosition="left">
          <Accordion.Item value="more">
            <Accordion.Control>{words.recipe.more}</Accordion.Control>
            <Accordion.Panel>
              <Stack gap="xl">
                <NativeSelect
                  label={words.recipe.base}
                  value={choice.recipe ?? ''}
                  onChange={(event) => onChange({ recipe: event.currentTarget.value || null, changes: {} })}
                  data={[{ value: '', label: words.recipe.own }, ...view.builtIn]}
                />
                {more
                  .map(({ name, fields }) => ({
                    name,
                    fields: fields.filter((entry) => isOffered(entry, view.recipe)),
                  }))
                  .filter(({ fields }) => fields.length > 0)
                  .map(({ name, fields }) => (
                    <fieldset key={name} style={{ border: 0, margin: 0, padding: 0, minWidth: 0 }}>
                      <Text component="legend" fw={600} mb="xs">
                        {words.groups[name]}
                      </Text>
                      <SimpleGrid cols={{ base: 1, sm: 2 }} spacing="md" verticalSpacing="md">
                        {fields.map(field)}
                      </SimpleGrid>
                    </fieldset>
                  ))}
              </Stack>
            </Accordion.Panel>
          </Accordion.Item>
        </Accordion>
      )}
      {(count > 0 || choice.recipe !== null) && (
        <Group gap="sm">
          <Text size="sm" c="dimmed">
            {words.recipe.changedCount(count)}
          </Text>
          <Anchor component="button" type="button" size="sm" onClick={() => onChange({ recipe: null, changes: {} })}>
            {words.recipe.reset}
          </Anchor>
        </Group>
      )}
    </Stack>
  );
}

/** Numbers of another kind of optimiser are hidden, and so are settings for brought weights when starting from random ones. */
function isOffered({ path, needs, absent }: RecipeField, recipe: RecipeView['recipe']): boolean {
  if (needs !== undefined && settingAt(recipe, needs) === null) return false;
  return absent !== undefined || settingAt(recipe, path) !== undefined;
}

interface SettingProps {
  readonly field: RecipeField;
  readonly view: RecipeView;
  readonly value: SettingValue | undefined;
  readonly onChange: (value: SettingValue) => void;
}

function Setting({ field, view, value, onChange }: SettingProps) {
  const { label, hint } = text.training.fieldWords(field.path);
  const automatic = value === 'auto' ? automaticOf(view, field.path) : undefined;
  const description = automatic?.why ?? hint;
  switch (field.kind) {
    case 'flag':
      return (
        <Switch
          label={label}
          description={description}
          checked={value === true}
          onChange={(event) => onChange(event.currentTarget.checked)}
        />
      );
    case 'model':
      return (
        <NativeSelect
          label={label}
          description={description}
          value={String(value ?? '')}
          onChange={(event) => onChange(event.currentTarget.value)}
          data={[...view.models]}
        />
      );
    case 'device':
      return (
        <NativeSelect
          label={label}
          description={description}
          value={String(value ?? '')}
          onChange={(event) => onChange(event.currentTarget.value)}
          data={deviceChoices(view.devices, value)}
        />
      );
    case 'choice':
      return (
        <NativeSelect
          label={label}
          description={description}
          value={String(value ?? '')}
          onChange={(event) => onChange(event.currentTarget.value)}
          data={field.choices.map((name) => ({ value: name, label: text.training.choice(name) }))}
        />
      );
    case 'number':
      return !field.whole ? (
        <DecimalInput
          label={label}
          description={description}
          placeholder={automatic ? text.training.recipe.automaticShort(automatic.value) : ''}
          value={typeof value === 'number' ? value : undefined}
          minimum={field.minimum}
          maximum={field.maximum}
          onChange={(next) => {
            if (next !== undefined) onChange(next);
            else if (field.empty !== undefined) onChange(field.empty);
          }}
        />
      ) : (
        <NumberInput
          label={label}
          description={description}
          placeholder={automatic ? text.training.recipe.automaticShort(automatic.value) : ''}
          value={typeof value === 'number' ? value : ''}
          min={field.minimum}
          {...(field.maximum === undefined ? {} : { max: field.maximum })}
          allowDecimal={false}
          thousandSeparator=" "
          onChange={(next) => {
            if (typeof next === 'number') onChange(next);
            else if (next === '' && field.empty !== undefined) onChange(field.empty);
          }}
        />
      );
    default:
      return field satisfies never;
  }
}

/** Includes the device that the recipe names even if this computer lacks it: the form shows the recipe's value. */
function deviceChoices(here: readonly string[], named: SettingValue | undefined) {
  const names = new Set(['auto', ...here, ...(typeof named === 'string' ? [named] : [])]);
  return [...names].map((name) => ({ value: name, label: text.training.choice(name) }));
}

/** What an automatic value will be, and why; undefined if the project does not determine it. */
function automaticOf({ explanations, resolved }: RecipeView, path: string) {
  const explained = explanations.find((entry) => entry.path === path);
  if (explained) {
    const value = typeof explained.value === 'number' ? formatCount(explained.value) : explained.value;
    return { value, why: text.training.recipe.automatic(value, explained.because) };
  }
  const value = settingAt(resolved, path);
  if (value === undefined || value === null) return undefined;
  return { value: typeof value === 'string' ? text.training.choice(value) : String(value), why: undefined };
}
