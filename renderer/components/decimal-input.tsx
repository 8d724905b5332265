/** A number of any magnitude, as people and papers write it: 0.05, 1e-4. Invalid input changes nothing and is reported. */
import { TextInput, type TextInputProps } from '@mantine/core';
import { useState } from 'react';
import { text } from '../text/en.ts';

interface DecimalInputProps extends Omit<TextInputProps, 'value' | 'onChange'> {
  /** Undefined for an empty field. */
  readonly value: number | undefined;
  readonly minimum: number;
  readonly maximum?: number | undefined;
  /** Undefined when the field was emptied. */
  readonly onChange: (value: number | undefined) => void;
}

export function DecimalInput({ value, minimum, maximum, onChange, ...look }: DecimalInputProps) {
  const [typed, setTyped] = useState<string>();
  const fits = (number: number) => number >= minimum && (maximum === undefined || number <= maximum);
  const numberOf = (said: string) => (said.trim() === '' ? Number.NaN : Number(said.replace(',', '.')));
  const wrong = typed !== undefined && typed.trim() !== '' && !fits(numberOf(typed));
  return (
    <TextInput
      {...look}
      inputMode="decimal"
      value={typed ?? value?.toString() ?? ''}
      error={wrong && text.training.recipe.numberWanted(minimum, maximum)}
      onChange={({ currentTarget }) => {
        setTyped(currentTarget.value);
        const number = numberOf(currentTarget.value);
        if (currentTarget.value.trim() === '') onChange(undefined);
        else if (fits(number)) onChange(number);
      }}
      onBlur={() => !wrong && setTyped(undefined)}
    />
  );
}
